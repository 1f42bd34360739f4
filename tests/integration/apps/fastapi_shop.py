"""A FastAPI shop, instrumented by one call: routes that succeed, fail, nest, mount and stream."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi import APIRouter, FastAPI, HTTPException
from fastapi.responses import RedirectResponse, StreamingResponse

import ninefold as nf

service = nf.setup("shop", version="1.4.2", environment="test", owner="tests", prometheus=True)
app = FastAPI()


@app.get("/")
async def home() -> dict[str, str]:
    """Answer from the event loop."""
    return {"shop": "open"}


@app.get("/items/{item_id}")
def item(item_id: int) -> dict[str, int]:
    """Answer from a thread; an item above 100 does not exist."""
    if item_id > 100:
        raise HTTPException(404)
    return {"item": item_id}


@app.get("/old")
async def old() -> RedirectResponse:
    """Answer with another address."""
    return RedirectResponse("/")


@app.get("/broken")
async def broken() -> None:
    """Fail without an answer of its own."""
    raise RuntimeError("the till is empty")


@app.get("/feed")
async def feed() -> StreamingResponse:
    """Answer in pieces."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"piece"

    return StreamingResponse(pieces())


orders = APIRouter(prefix="/orders")
lines = APIRouter(prefix="/{order_id}/lines")


@lines.post("/{line}", status_code=201)
async def add_line(order_id: str, line: int) -> dict[str, int]:
    """Answer from a router in a router."""
    return {order_id: line}


orders.include_router(lines)
app.include_router(orders, prefix="/v1")

warehouse = FastAPI()


@warehouse.get("/shelves/{shelf}")
async def shelf(shelf: str) -> dict[str, str]:
    """Answer from an application mounted under a parameter."""
    return {"shelf": shelf}


app.mount("/sites/{site}", warehouse)
app = service.instrument(app)
