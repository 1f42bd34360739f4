"""A Flask shop with objectives, that keeps a log of its own around all of it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator

from flask import Flask, Response
from tests.integration.apps.objectives import declare
from tests.support.event_log import WsgiLog

import ninefold as nf

service = nf.setup("shop", environment="test", owner="tests", prometheus=True)
declare(service)
shop = Flask("shop")
attempts = itertools.count()


@shop.route("/ok", methods=["GET", "OPTIONS"])
def ok() -> str:
    """Answer."""
    return "ok"


@shop.get("/slow")
def slow() -> str:
    """Answer late."""
    time.sleep(2)
    return "at last"


@shop.get("/broken")
def broken() -> str:
    """Fail before the first byte."""
    raise RuntimeError("the till is empty")


@shop.get("/busy")
def busy() -> tuple[str, int]:
    """Ask to come later."""
    return "later", 429


@shop.get("/flaky")
def flaky() -> tuple[str, int]:
    """Answer every third attempt."""
    return ("now", 200) if next(attempts) % 3 == 2 else ("again", 503)


@shop.get("/feed")
def feed() -> Response:
    """Answer in pieces."""

    def pieces() -> Iterator[bytes]:
        for _ in range(50):
            yield b"piece" * 1000
            time.sleep(0.01)

    return Response(pieces())


@shop.get("/cut")
def cut() -> Response:
    """Fail after the first byte."""

    def pieces() -> Iterator[bytes]:
        yield b"piece"
        raise RuntimeError("the paper is out")

    return Response(pieces())


service.instrument(shop)
app = WsgiLog(shop)
