"""The storefront's checkout: a FastAPI service that asks inventory for what it sells.

All that ninefold wants of it are the lines with `nf.` and `service.`.
"""

from __future__ import annotations

import asyncio
import os
import random

import httpx
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

import ninefold as nf
from ninefold.demo._serve import serve_asgi

service = nf.setup(
    "checkout", version="1.4.2", environment="development", owner="payments", prometheus=True
)
INVENTORY_URL = os.environ.get("INVENTORY_URL", "http://127.0.0.1:5001")
client = service.instrument(httpx.AsyncClient(base_url=INVENTORY_URL))
inventory = service.dependency(
    "inventory",
    kind="http",
    check=nf.checks.http(f"{INVENTORY_URL}/readyz"),
    role="critical",
    interval=1.0,
    owner="logistics",
    runbook="https://runbooks.example/inventory",
    policy=nf.Policy(
        deadline=2.0,
        retry=nf.Retry(
            on=(httpx.TransportError, nf.DeadlineExceededError, nf.status(502, 503, 504)),
            backoff=nf.Backoff(base=0.02, cap=0.2),
            budget=nf.Budget(ratio=0.1, floor=1),
        ),
        breaker=nf.Breaker(window=2, min_calls=10, open_for=1.0, open_cap=2.0),
        bulkhead=nf.Bulkhead(50, wait=0.1),
        attempt_timeout=0.8,
    ),
)
app = FastAPI()
described: dict[int, dict[str, int]] = {}

LAST_CART = 500


class Order(BaseModel):
    """What a customer buys."""

    item: int


@app.get("/cart/{cart_id}")
async def cart(cart_id: int) -> dict[str, int]:
    """Show a cart; above `LAST_CART` there is none."""
    await asyncio.sleep(random.gammavariate(2, 0.004))  # the carts' database
    if cart_id > LAST_CART:
        raise HTTPException(404, "no such cart")
    return {"cart": cart_id, "items": cart_id % 7}


def as_last_described(item_id: int) -> dict[str, int]:
    """What inventory said of an item before; better than nothing to show."""
    return described.get(item_id, {"item": item_id})


@inventory.guard(fallback=as_last_described)
async def describe(item_id: int) -> dict[str, int]:
    """Ask inventory what it knows of an item."""
    answer = await client.get(f"/items/{item_id}")
    answer.raise_for_status()
    found: dict[str, int] = answer.json()
    described[item_id] = found
    return found


# Reserving an item once more does no harm, which inventory has promised.
@inventory.guard(idempotent=True)
async def reserve(item_id: int) -> httpx.Response:
    """Have inventory take an item off its shelf."""
    return await client.post("/reservations", json={"item": item_id})


@app.get("/items/{item_id}")
async def item(item_id: int) -> dict[str, int]:
    """Show an item, as inventory describes it."""
    return await describe(item_id)


@app.post("/checkout", status_code=201)
async def checkout(order: Order) -> dict[str, int]:
    """Reserve the item, then charge the card."""
    try:
        answer = await reserve(order.item)
    except (nf.RejectedError, httpx.TransportError) as error:
        raise HTTPException(503, "inventory cannot be asked at present") from error
    if answer.status_code == 409:
        raise HTTPException(409, "sold out")
    if answer.is_error:
        raise HTTPException(503, "inventory cannot tell at present")
    await asyncio.sleep(random.gammavariate(4, 0.01))  # the card's issuer
    return {"order": order.item}


app = service.instrument(app)

if __name__ == "__main__":
    serve_asgi(app)
