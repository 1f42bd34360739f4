"""The application under test in Starlette."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Mount, Route, Router, WebSocketRoute
from starlette.websockets import WebSocket

from ninefold.errors import DeadlineExceededError
from tests.support.http.asgi_app import SHARED, CopiedScope, Endpoint, Guard, Timeout
from tests.support.http.exchange import Gate


async def failing(request: Request) -> Response:
    """Fail without a response."""
    raise ValueError("no response")


async def expiring(request: Request) -> Response:
    """Run out of time without a response."""
    raise DeadlineExceededError("no time left")


async def item(request: Request) -> Response:
    """One item."""
    return PlainTextResponse(f"item {request.path_params['id']}")


async def thing(request: Request) -> Response:
    """One thing of one tenant."""
    return PlainTextResponse(f"{request.path_params['tenant']} {request.path_params['id']}")


async def orders(request: Request) -> Response:
    """Place an order, or say what can be done."""
    return Response(status_code=201 if request.method == "POST" else 204)


async def old(request: Request) -> Response:
    """Moved."""
    return RedirectResponse("/items/1", 302)


async def status(request: Request) -> Response:
    """Whatever was asked for."""
    return Response(status_code=int(request.path_params["code"]))


async def file(request: Request) -> Response:
    """This file."""
    return FileResponse(__file__)


async def echo(websocket: WebSocket) -> None:
    """Say what was said, and end with the client."""
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)


async def chunks(count: int, then: BaseException | None = None) -> AsyncIterator[bytes]:
    """A body of `count` chunks, and an error after them."""
    for number in range(count):
        yield b"chunk %d" % number
    if then is not None:
        raise then


async def stream(request: Request) -> Response:
    """A response in chunks."""
    return StreamingResponse(chunks(int(request.path_params["n"])))


async def failing_stream(request: Request) -> Response:
    """A server error in chunks."""
    return StreamingResponse(chunks(int(request.path_params["n"])), 503)


async def stream_then_raise(request: Request) -> Response:
    """A chunk, then an error."""
    return StreamingResponse(chunks(1, ValueError("no second chunk")))


async def stream_then_expire(request: Request) -> Response:
    """A chunk, then our own deadline."""
    return StreamingResponse(chunks(1, DeadlineExceededError("no time left")))


ENDPOINTS: Mapping[str, Any] = {
    "/orders": orders,
    "/old": old,
    "/status/{code}": status,
    "/branch/": item,
    "/stream/{n}": stream,
    "/failing-stream/{n}": failing_stream,
    "/stream-then-raise": stream_then_raise,
    "/stream-then-expire": stream_then_expire,
    "/raise": failing,
    "/expire": expiring,
    "/file": file,
    "/health": orders,
    **{path: Endpoint(handler) for path, handler in SHARED.items()},
}


def gated(gate: Gate) -> dict[str, Any]:
    """The handlers that meet their test."""

    async def wait(request: Request) -> Response:
        await gate.wait()
        return Response()

    async def begun() -> AsyncIterator[bytes]:
        yield b"begun"
        await gate.wait()

    async def stream_then_wait(request: Request) -> Response:
        return StreamingResponse(begun())

    async def later() -> None:
        gate.in_background()

    async def background(request: Request) -> Response:
        return PlainTextResponse("done", background=BackgroundTask(later))

    return {"/wait": wait, "/stream-then-wait": stream_then_wait, "/background": background}


def build(gate: Gate) -> Starlette:
    """Make the application."""
    tenant = Router([Route("/things/{id}", thing), Route("/raise", failing)])
    version = Router([Route("/orders/{id}", item)])
    routes: list[Any] = [
        Route(path, endpoint, methods=_methods(path))
        for path, endpoint in (dict(ENDPOINTS) | gated(gate)).items()
    ]
    return Starlette(
        routes=[
            Route("/items/{id}", item),
            *routes,
            WebSocketRoute("/upgrade", echo),
            Mount("/t/{tenant}", tenant),
            Mount("/api", routes=[Mount("/v1", version)]),
        ]
    )


def _methods(path: str) -> list[str] | None:
    return ["POST", "OPTIONS"] if path == "/orders" else None


async def overloaded(request: Request, error: Exception) -> Response:
    """Answer 503 to every error."""
    return PlainTextResponse("try again", 503)


def surround(app: Any, surroundings: str | None, gate: Gate) -> None:
    """Put around the application what is there before it is instrumented."""
    match surroundings:
        case "error_handler":
            app.add_exception_handler(Exception, overloaded)
        case "copied_scope":
            app.add_middleware(CopiedScope)
        case "timeout_inside":
            app.add_middleware(Timeout, gate=gate)


def surround_late(app: Any, surroundings: str | None) -> None:
    """Put around the application what comes after it was instrumented."""
    match surroundings:
        case "late_guard":
            app.add_middleware(Guard)
        case "late_copied_scope":
            app.add_middleware(CopiedScope)
