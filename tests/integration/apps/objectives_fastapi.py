"""A FastAPI shop with objectives, that keeps a log of its own around all of it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI
from fastapi.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route
from tests.integration.apps.objectives import declare
from tests.support.event_log import AsgiLog

import ninefold as nf

service = nf.setup("shop", environment="test", owner="tests", prometheus=True)
declare(service, more=("/until-gone",))
shop = FastAPI()
attempts = itertools.count()


@shop.api_route("/ok", methods=["GET", "HEAD", "OPTIONS"])
async def ok() -> PlainTextResponse:
    """Answer."""
    return PlainTextResponse("ok")


@shop.get("/slow")
async def slow() -> PlainTextResponse:
    """Answer late."""
    await asyncio.sleep(2)
    return PlainTextResponse("at last")


@shop.get("/broken")
async def broken() -> None:
    """Fail before the first byte."""
    raise RuntimeError("the till is empty")


@shop.get("/busy")
async def busy() -> PlainTextResponse:
    """Ask to come later."""
    return PlainTextResponse("later", 429)


@shop.get("/flaky")
async def flaky() -> PlainTextResponse:
    """Answer every third attempt."""
    answered = next(attempts) % 3 == 2
    return PlainTextResponse("now" if answered else "again", 200 if answered else 503)


@shop.get("/feed")
async def feed() -> StreamingResponse:
    """Answer in pieces."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b"piece" * 1000
            await asyncio.sleep(0.01)

    return StreamingResponse(pieces())


@shop.get("/cut")
async def cut() -> StreamingResponse:
    """Fail after the first byte."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"piece"
        raise RuntimeError("the paper is out")

    return StreamingResponse(pieces())


class UntilGone:
    """Waits for its client to leave, and then has nothing to say."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request."""
        while (await receive())["type"] != "http.disconnect":
            pass


shop.router.routes.append(Route("/until-gone", UntilGone()))
app = AsgiLog(service.instrument(shop))
