"""An ASGI application without lifespan that answers; with ninefold unless BARE says otherwise."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]


async def app(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[..., Awaitable[None]]
) -> None:
    """Answer any request; refuse lifespan, as an application without one does."""
    if scope["type"] != "http":
        raise RuntimeError("no lifespan here")
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"served"})


if "BARE" not in os.environ:
    import ninefold as nf

    app = nf.setup("ends").instrument(app)

if __name__ == "__main__":
    import sys

    import uvicorn

    uvicorn.run(app, port=int(sys.argv[1]))
