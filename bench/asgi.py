"""Drives an ASGI application in process: no server, no socket, one task of a real event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from bench.clock import timed
from bench.model import Workload

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

HEADERS = {
    "host": "shop.example",
    "user-agent": "bench/1",
    "accept": "application/json",
}


class Driver:
    """Sends one kind of GET request to an application, again and again.

    The application never suspends, so that a request costs what the application's own code costs;
    each request has a scope and a header list of its own, as servers give them.
    """

    def __init__(self, app: App, path: str, headers: Mapping[str, str]) -> None:
        self._app = app
        self._path = path
        self._headers = [
            (name.encode(), value.encode()) for name, value in {**HEADERS, **headers}.items()
        ]
        self._loop = asyncio.new_event_loop()

    def _scope(self, path: str) -> dict[str, Any]:
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "server": ("127.0.0.1", 8000),
            "client": ("127.0.0.1", 50000),
            "scheme": "http",
            "method": "GET",
            "root_path": "",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": list(self._headers),
            "state": {},
        }

    def run(self, requests: int) -> None:
        """Send that many requests, one after another."""

        async def drive() -> None:
            app, path, scope = self._app, self._path, self._scope
            for _ in range(requests):
                await app(scope(path), _receive, _send)

        self._loop.run_until_complete(drive())

    def get(self, path: str) -> tuple[int, bytes]:
        """One request that is looked at: its status and body."""
        status, body = 0, b""

        async def send(message: Message) -> None:
            nonlocal status, body
            if message["type"] == "http.response.start":
                status = message["status"]
            body += message.get("body", b"")

        async def once() -> None:
            await self._app(self._scope(path), _receive, send)

        self._loop.run_until_complete(once())
        return status, body

    def workload(self, check: Callable[[int], str | None] | None = None) -> Workload:
        """This driver as a workload, once the application has proved to answer.

        `check` gets the number of all requests sent, this first one included.
        """
        status, body = self.get(self._path)
        if status != 200:
            raise RuntimeError(f"GET {self._path} answered {status}: {body!r}")
        return Workload(
            measure=lambda requests: timed(self.run, requests),
            check=None if check is None else (lambda done: check(done + 1)),
        )


async def _receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(message: Message) -> None:
    pass
