"""An ASGI server of one exchange, without a socket, whose client leaves when the case says so."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.support.http.exchange import Gate, Transcript, named
from tests.support.http.table import Case

Message = dict[str, Any]


class Refused(RuntimeError):
    """A message that a server refuses because it breaks the protocol."""


class _Http:
    """Both ends of one HTTP exchange."""

    def __init__(self, case: Case) -> None:
        self._client = case.client
        self._asked = False
        self._over = asyncio.Event()
        self._bodies = 0
        self.events: list[object] = []
        if self._client.left:
            self._over.set()

    async def receive(self) -> Message:
        """Give the request, then nothing until the client has left or has been answered."""
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._over.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Deliver a message, or fail as the case says."""
        # As a server that waits for its socket would, so that a cancellation can come in between.
        await asyncio.sleep(0)
        client = self._client
        if client.send_fails_after is not None and self._bodies >= client.send_fails_after:
            raise ConnectionResetError("the client has left")
        if client.send_refused_after is not None and self._bodies >= client.send_refused_after:
            raise Refused("response longer than its Content-Length")
        if client.leaves_after is not None and self._bodies >= client.leaves_after:
            return
        self.events.append(dict(message))
        if message["type"] in ("http.response.body", "http.response.pathsend"):
            self._bodies += 1
            if not message.get("more_body") or self._bodies == client.leaves_after:
                self._over.set()
                # Some servers tell of the end while the last send is still under way.
                await asyncio.sleep(0)
                await asyncio.sleep(0)


class _Scripted:
    """A websocket or a lifespan: what the server says is known beforehand."""

    def __init__(self, *incoming: Message) -> None:
        self._incoming = list(incoming)
        self.events: list[object] = []

    async def receive(self) -> Message:
        """Give the next message."""
        return self._incoming.pop(0)

    async def send(self, message: Message) -> None:
        """Note what the application says."""
        self.events.append(dict(message))


def serve(app: Any, case: Case, gate: Gate) -> Transcript:
    """Have `app` answer one case in an event loop of its own."""
    return asyncio.run(_serve(app, case, gate))


async def _serve(app: Any, case: Case, gate: Gate) -> Transcript:
    scope, server = _scope_and_server(case)
    error: str | None = None
    try:
        if case.client.stopped:
            running = asyncio.ensure_future(app(scope, server.receive, server.send))
            await gate.waiting.wait()
            running.cancel()
            await running
        else:
            await app(scope, server.receive, server.send)
    except BaseException as raised:  # noqa: BLE001 - told to the test, whatever it is
        error = named(raised)
    return Transcript(tuple(server.events), error)


def _scope_and_server(case: Case) -> tuple[dict[str, Any], _Http | _Scripted]:
    told = case.client.send_fails_after is None and case.client.send_refused_after is None
    # From 2.4 on a send to a client that left raises; before, one has to ask.
    version = {"version": "3.0", "spec_version": "2.3" if told else "2.4"}
    if case.method == "LIFESPAN":
        events = _Scripted({"type": "lifespan.startup"}, {"type": "lifespan.shutdown"})
        return {"type": "lifespan", "asgi": version, "state": {}}, events
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": version,
        "http_version": "1.1",
        "method": case.method,
        "scheme": "http",
        "path": case.root_path + case.path,
        "raw_path": (case.root_path + case.path).encode(),
        "query_string": b"",
        "root_path": case.root_path,
        "headers": [(b"host", b"127.0.0.1"), *_agent(case)],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 80),
        "state": {},
        "extensions": {"http.response.pathsend": {}, "http.response.early_hint": {}},
    }
    if case.method == "WEBSOCKET":
        del scope["method"]
        scope |= {"type": "websocket", "scheme": "ws", "subprotocols": []}
        return scope, _Scripted(
            {"type": "websocket.connect"},
            {"type": "websocket.receive", "text": "hello"},
            {"type": "websocket.disconnect", "code": 1000},
        )
    return scope, _Http(case)


def _agent(case: Case) -> list[tuple[bytes, bytes]]:
    return [] if case.user_agent is None else [(b"user-agent", case.user_agent.encode())]
