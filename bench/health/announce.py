"""How a server's process says where it is to be probed, and serves an ASGI application."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import uvicorn

Doors = dict[str, tuple[int, str]]
"""Where to probe: the port and the path, by the door's name ("" where there is one alone)."""


def announce(doors: Doors) -> None:
    """Tell the harness, which reads the first line."""
    print(json.dumps(doors), flush=True)


def serve_asgi(
    app: Any,
    path: str,
    *,
    lifespan: str = "auto",
    door: str = "",
    others: Callable[[], Doors | None] = dict,
) -> None:
    """Serve it by uvicorn, and announce it once it is up; `others` is None until they are known."""

    class Announcing(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            while (more := others()) is None:  # noqa: ASYNC110 - another thread's doing, once
                await asyncio.sleep(0.02)
            port = self.servers[0].sockets[0].getsockname()[1]
            announce(more | {door: (port, path)})

    Announcing(
        uvicorn.Config(app, port=0, log_level="warning", access_log=False, lifespan=lifespan)  # type: ignore[arg-type]  # a Literal
    ).run()
