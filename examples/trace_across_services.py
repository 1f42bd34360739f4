"""One trace through two services: a checkout asks an inventory with an instrumented httpx client.

Both live in this process for once, so that the example needs no ports.
"""

from __future__ import annotations

import httpx
from fastapi import FastAPI, Request

import ninefold as nf

service = nf.setup("checkout", environment="development")
inventory = FastAPI()
checkout = FastAPI()
client = service.instrument(
    httpx.AsyncClient(transport=httpx.ASGITransport(inventory), base_url="http://inventory")
)


@inventory.get("/stock/{item}")
async def stock(item: int, request: Request) -> dict[str, str | int]:
    return {"item": item, "traceparent": request.headers["traceparent"]}


@checkout.get("/buy/{item}")
async def buy(item: int) -> dict[str, str | int]:
    answer: dict[str, str | int] = (await client.get(f"/stock/{item}")).json()
    return answer


app = service.instrument(checkout)

if __name__ == "__main__":
    from fastapi.testclient import TestClient

    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    with TestClient(app) as browser:
        headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
        seen = browser.get("/buy/7", headers=headers).json()["traceparent"]
    print(f"the inventory was called in trace {seen.split('-')[1]}")
    assert seen.split("-")[1] == trace, seen
