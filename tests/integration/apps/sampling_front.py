"""The storefront's first service: it asks the second one for each request, and tells its answer."""

from __future__ import annotations

import os
from typing import Any

import httpx
from fastapi import FastAPI

import ninefold as nf

service = nf.setup("front", environment="test", owner="tests")
stock = service.instrument(httpx.Client(base_url=os.environ["STOCK"], timeout=60))
app = FastAPI()


@app.get("/buy/{item}")
def buy(item: str) -> Any:
    """Ask the second service for an item."""
    return stock.get(f"/stock/{item}").json()


app = service.instrument(app)
