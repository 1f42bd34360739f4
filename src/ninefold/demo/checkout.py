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
inventory = service.instrument(
    httpx.AsyncClient(base_url=os.environ.get("INVENTORY_URL", "http://127.0.0.1:5001"))
)
app = FastAPI()

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


@app.get("/items/{item_id}")
async def item(item_id: int) -> dict[str, int]:
    """Show an item, as inventory describes it."""
    answer = await inventory.get(f"/items/{item_id}")
    answer.raise_for_status()
    found: dict[str, int] = answer.json()
    return found


@app.post("/checkout", status_code=201)
async def checkout(order: Order) -> dict[str, int]:
    """Reserve the item, then charge the card."""
    answer = await inventory.post("/reservations", json={"item": order.item})
    if answer.status_code == 409:
        raise HTTPException(409, "sold out")
    if answer.is_error:
        raise HTTPException(503, "inventory cannot tell at present")
    await asyncio.sleep(random.gammavariate(4, 0.01))  # the card's issuer
    return {"order": order.item}


app = service.instrument(app)

if __name__ == "__main__":
    serve_asgi(app)
