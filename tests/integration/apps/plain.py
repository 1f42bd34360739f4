"""An ASGI and a WSGI application that answer with a setting, without ninefold."""

from __future__ import annotations

import os
from typing import Any

from flask import Flask

wsgi = Flask(__name__)


@wsgi.get("/")
def greeting() -> str:
    """Answer with the setting."""
    return os.environ["GREETING"]


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the setting; `/fail` raises."""
    assert scope["type"] == "http", "no lifespan"
    if scope["path"] == "/fail":
        raise RuntimeError("asked to fail")
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": os.environ["GREETING"].encode()})
