"""Serves one of the storefront's applications on loopback, until who started it says so.

The end of standard input is the order to stop: it reaches a process on every system, needs no
signal, and also comes when whoever started it was killed.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from ninefold.demo._address import ANNOUNCED, LOOPBACK

if TYPE_CHECKING:
    import socket

    from fastapi import FastAPI
    from flask import Flask

_LONGEST_GOODBYE: Final = 5


def serve_asgi(app: FastAPI) -> None:
    """Serve `app` with uvicorn on the port `PORT`, 0 or none for a free one."""
    import uvicorn

    class Announced(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            for listening in sockets or ():
                _announce(listening.getsockname()[1])

    config = uvicorn.Config(
        app,
        host=LOOPBACK,
        port=_port(),
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=_LONGEST_GOODBYE,
    )
    server = Announced(config)

    def stop() -> None:
        server.should_exit = True

    _when_left_alone(stop)
    server.run(sockets=[config.bind_socket()])


def serve_wsgi(app: Flask) -> None:
    """Serve `app` with werkzeug, a thread per connection, on the port `PORT`, as `serve_asgi`."""
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server: Any = make_server(LOOPBACK, _port(), app, threaded=True)
    # Called from another thread: `shutdown` waits for `serve_forever` to end.
    _when_left_alone(server.shutdown)
    _announce(server.server_port)
    server.serve_forever()
    server.server_close()


def _port() -> int:
    return int(os.environ.get("PORT", "0"))


def _announce(port: int) -> None:
    print(f"{ANNOUNCED}http://{LOOPBACK}:{port}", flush=True)


def _when_left_alone(stop: Callable[[], None]) -> None:
    def wait() -> None:
        # Not through sys.stdin: its lock, held here, would stand in the way of the end.
        descriptor = sys.stdin.fileno()
        while os.read(descriptor, 1024):
            pass
        stop()

    threading.Thread(target=wait, name="left-alone", daemon=True).start()
