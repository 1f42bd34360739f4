"""The application under test as a bare ASGI callable, and the handlers that frameworks share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from ninefold.errors import DeadlineExceededError
from tests.support.http.exchange import Gate

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


async def start(send: Send, status: int) -> None:
    """Send a response's start."""
    headers = [(b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def body(send: Send, text: bytes = b"", *, more: bool = False) -> None:
    """Send one message of a body."""
    await send({"type": "http.response.body", "body": text, "more_body": more})


async def stream(send: Send, status: int, count: int) -> None:
    """Send a response in `count` messages and an empty one."""
    await start(send, status)
    for number in range(count):
        await body(send, b"chunk %d" % number, more=True)
    await body(send)


async def silent(scope: Scope, receive: Receive, send: Send) -> None:
    """Return without any response."""


async def short(scope: Scope, receive: Receive, send: Send) -> None:
    """Return before the last message."""
    await start(send, 200)
    await body(send, b"begun", more=True)


async def start_then_raise(scope: Scope, receive: Receive, send: Send) -> None:
    """Fail between the start and the first message."""
    await start(send, 200)
    raise ValueError("no first chunk")


async def until_gone(scope: Scope, receive: Receive, send: Send) -> None:
    """Return without a response once the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def push(scope: Scope, receive: Receive, send: Send) -> None:
    """Send an extension's message ahead of the response."""
    await send({"type": "http.response.early_hint", "links": [b"</style.css>; rel=preload"]})
    await start(send, 200)
    await body(send, b"pushed")


class Endpoint:
    """A handler as Starlette takes a bare ASGI callable for a route: an object, not a function."""

    def __init__(self, handler: App) -> None:
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._handler(scope, receive, send)


SHARED: dict[str, App] = {
    "/silent": silent,
    "/short": short,
    "/start-then-raise": start_then_raise,
    "/until-gone": until_gone,
    "/push": push,
}


async def websocket(scope: Scope, receive: Receive, send: Send) -> None:
    """Accept, echo, and end with the client."""
    while (message := await receive())["type"] != "websocket.disconnect":
        if message["type"] == "websocket.connect":
            await send({"type": "websocket.accept"})
        else:
            await send({"type": "websocket.send", "text": message["text"]})


async def lifespan(scope: Scope, receive: Receive, send: Send) -> None:
    """Start up and shut down."""
    for phase in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{phase}.complete"})


def build(gate: Gate) -> App:
    """Make the application; it has no router, so its paths are no routes."""

    async def http(scope: Scope, receive: Receive, send: Send) -> None:
        root: str = scope.get("root_path", "")
        path: str = scope["path"].removeprefix(root)
        if path in SHARED:
            await SHARED[path](scope, receive, send)
            return
        match path.split("/")[1:]:
            case ["items", number]:
                await start(send, 200)
                await body(send, b"" if scope["method"] == "HEAD" else f"item {number}".encode())
            case ["orders"]:
                await start(send, 201 if scope["method"] == "POST" else 204)
                await body(send)
            case ["old"]:
                location = [(b"location", b"/items/1")]
                await send({"type": "http.response.start", "status": 302, "headers": location})
                await body(send)
            case ["status", code]:
                await start(send, int(code))
                await body(send)
            case ["stream", count]:
                await stream(send, 200, int(count))
            case ["failing-stream", count]:
                await stream(send, 503, int(count))
            case ["raise"]:
                raise ValueError("no response")
            case ["expire"]:
                raise DeadlineExceededError("no time left")
            case ["exit"]:
                raise SystemExit(3)
            case ["wait"]:
                await gate.wait()
            case ["stream-then-wait"]:
                await short(scope, receive, send)
                await gate.wait()
            case ["stream-then-raise"]:
                await short(scope, receive, send)
                raise ValueError("no second chunk")
            case ["stream-then-expire"]:
                await short(scope, receive, send)
                raise DeadlineExceededError("no time left")
            case ["stream-then-exit"]:
                await short(scope, receive, send)
                raise SystemExit(3)
            case ["background"]:
                await start(send, 200)
                await body(send, b"done")
                gate.in_background()
            case ["file"]:
                await start(send, 200)
                await send({"type": "http.response.pathsend", "path": __file__})
            case ["health"]:
                await stream(send, 200, 1)
            case _:
                await start(send, 404)
                await body(send)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        handlers: dict[str, App] = {"http": http, "websocket": websocket, "lifespan": lifespan}
        await handlers[scope["type"]](scope, receive, send)

    return app


class CopiedScope:
    """Middleware that passes on a copy of the scope, as some do to change a path."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(dict(scope), receive, send)


class Guard:
    """Middleware that answers 401 to every request."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await start(send, 401)
        await body(send, b"who are you?")


class Timeout:
    """Middleware that stops the handler once it waits, and answers 504."""

    def __init__(self, app: App, gate: Gate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        handler = asyncio.ensure_future(self._app(scope, receive, send))
        await self._gate.waiting.wait()
        handler.cancel()
        try:
            await handler
        except asyncio.CancelledError:
            await start(send, 504)
            await body(send, b"too slow")
