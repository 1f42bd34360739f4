"""A bare ASGI application: what `instrument` returns is what a server is to be given."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

import ninefold as nf

service = nf.setup("greeter", environment="development", prometheus=True)


async def greet(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"good day"})


app = service.instrument(greet)


async def main() -> str:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://greeter") as client:
        for _ in range(3):
            await client.get("/anybody")
        return (await client.get("/metrics")).text


if __name__ == "__main__":
    page = asyncio.run(main())
    counts = [line for line in page.splitlines() if "request_duration_seconds_count" in line]
    print("\n".join(counts))
    assert len(counts) == 1, counts
    assert counts[0].endswith(" 3.0"), counts
