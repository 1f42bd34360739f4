"""The application under test in FastAPI: routes by decorators and routers, the rest Starlette's."""

from __future__ import annotations

from fastapi import APIRouter, BackgroundTasks, FastAPI
from fastapi.responses import PlainTextResponse
from starlette.requests import Request
from starlette.responses import Response

from tests.support.http import starlette_app
from tests.support.http.exchange import Gate

_PLAIN = ("/raise", "/expire", "/old", "/status/{code}", "/stream/{n}", "/stream-then-raise")


def build(gate: Gate) -> FastAPI:
    """Make the application."""
    app = FastAPI()

    @app.api_route("/items/{id}", methods=["GET", "HEAD"])
    async def item(id: int) -> Response:
        return PlainTextResponse(f"item {id}")

    @app.get("/background")
    async def background(tasks: BackgroundTasks) -> Response:
        tasks.add_task(gate.in_background)
        return PlainTextResponse("done")

    @app.api_route("/orders", methods=["POST", "OPTIONS"])
    def orders(request: Request) -> Response:
        return Response(status_code=201 if request.method == "POST" else 204)

    endpoints = dict(starlette_app.ENDPOINTS) | starlette_app.gated(gate)
    for path in _PLAIN:
        app.get(path)(endpoints[path])
    for path, endpoint in endpoints.items():
        if path not in (*_PLAIN, "/orders", "/background"):
            app.add_route(path, endpoint)
    app.websocket("/upgrade")(starlette_app.echo)

    tenant = FastAPI()

    @tenant.get("/things/{id}")
    async def thing(request: Request, id: str) -> Response:
        return PlainTextResponse(f"{request.path_params['tenant']} {id}")

    @tenant.get("/raise")
    async def failing() -> Response:
        raise ValueError("no response")

    app.mount("/t/{tenant}", tenant)

    orders_router = APIRouter(prefix="/orders")

    @orders_router.get("/{id}")
    async def order(id: str) -> Response:
        return PlainTextResponse(f"order {id}")

    version = APIRouter(prefix="/v1")
    version.include_router(orders_router)
    app.include_router(version, prefix="/api")
    return app
