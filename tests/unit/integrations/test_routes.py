"""`service.routes()`: what the instrumented applications serve, as the frameworks tell it."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI, WebSocket
from fastapi.testclient import TestClient
from flask import Blueprint, Flask
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Host, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

import ninefold as nf
from ninefold.registry import HTTP_SERVER_REQUEST_DURATION
from ninefold.testing import CapturedTelemetry


async def page(request: Any) -> PlainTextResponse:
    """Answer a request."""
    del request
    return PlainTextResponse("page")


async def talk(websocket: WebSocket) -> None:
    """Hold a conversation."""
    await websocket.accept()


def _told(service: nf.Service, *, builtin: bool = False) -> dict[str, tuple[str, ...]]:
    routes = service.routes()
    assert routes is not None
    return {route.template: route.methods for route in routes if builtin or not route.builtin}


def test_starlette_tells_mounts_hosts_and_files(
    telemetry: CapturedTelemetry, tmp_path: Path
) -> None:
    """Mounts lend their prefix, parametrised ones too; files are a leaf; websockets are none."""
    inner = Starlette(routes=[Route("/things/{id:int}", page), WebSocketRoute("/talk", talk)])
    app = Starlette(
        routes=[
            Route("/", page, methods=["GET", "DELETE"]),
            Mount("/t/{tenant}", inner),
            Mount("/guarded", CORSMiddleware(Starlette(routes=[Route("/in", page)]))),
            Mount("/empty", Starlette()),
            Mount("/files", StaticFiles(directory=tmp_path)),
            Host("api.example", Starlette(routes=[Route("/by-host", page)])),
            WebSocketRoute("/talk", talk),
        ]
    )
    telemetry.service.instrument(app)
    assert _told(telemetry.service) == {
        "/": ("DELETE", "GET"),
        "/t/{tenant}/things/{id:int}": ("GET",),
        "/guarded/in": ("GET",),
        "/empty": (),
        "/files": (),
        "/by-host": ("GET",),
    }


def _included() -> FastAPI:
    orders = APIRouter(prefix="/orders")

    @orders.get("")
    @orders.get("/{id}")
    def order(id: str = "") -> str:
        return id

    @orders.post("")
    def place() -> str:
        return "placed"

    orders.add_route("/plain", page)
    orders.websocket("/talk")(talk)
    orders.mount("/mounted", Starlette(routes=[Route("/in", page)]))
    version = APIRouter(prefix="/v1")
    version.include_router(orders)
    version.include_router(orders, prefix="/again/{tenant}")
    app = FastAPI()
    app.include_router(version, prefix="/api")
    return app


def test_fastapi_tells_included_routers_with_all_their_prefixes(
    telemetry: CapturedTelemetry,
) -> None:
    """A router that is included twice serves each route twice, under the prefixes on the way."""
    app = telemetry.service.instrument(_included())
    told = _told(telemetry.service)
    assert told["/api/v1/orders"] == ("GET", "POST")
    assert {
        "/api/v1/orders/{id}",
        "/api/v1/again/{tenant}/orders",
        "/api/v1/again/{tenant}/orders/{id}",
    } <= told.keys()
    paths = [
        "/api/v1/orders",
        "/api/v1/orders/1",
        "/api/v1/again/acme/orders/1",
        "/api/v1/mounted/in",
        "/api/v1/again/acme/mounted/in",
        "/docs",
    ]
    client = TestClient(app)
    assert {client.get(path).status_code for path in paths} == {200}
    points = telemetry.points(HTTP_SERVER_REQUEST_DURATION.name)
    recorded = {(point.attributes or {}).get("http.route") for point in points}
    assert recorded <= _told(telemetry.service, builtin=True).keys()
    assert len(recorded) == len(paths)


def test_what_the_framework_made_is_marked(telemetry: CapturedTelemetry) -> None:
    """FastAPI's documentation, where it is mounted as well, and Flask's static files."""
    app = FastAPI(docs_url="/manual")
    app.mount("/sub", FastAPI(redoc_url=None))
    telemetry.service.instrument(app)
    assert _told(telemetry.service) == {}
    assert _told(telemetry.service, builtin=True).keys() == {
        "/openapi.json",
        "/manual",
        "/docs/oauth2-redirect",
        "/redoc",
        "/sub/openapi.json",
        "/sub/docs",
        "/sub/docs/oauth2-redirect",
    }
    flask = telemetry.service.instrument(Flask("shop"))
    assert "/static/<path:filename>" not in _told(telemetry.service)
    assert "/static/<path:filename>" in _told(telemetry.service, builtin=True)
    del app, flask


def test_flask_tells_rules_and_blueprints(telemetry: CapturedTelemetry) -> None:
    """Rules as they are written; a rule that only redirects or builds addresses is none."""
    app = Flask("shop")

    def view(**values: str) -> str:
        return str(values)

    app.add_url_rule("/items/<int:id>", "item", view)
    app.add_url_rule("/items/<int:id>", "change", view, methods=["PUT"])
    app.add_url_rule("/orders", "orders", view, methods=["POST", "OPTIONS"])
    app.add_url_rule("/old", "old", view, redirect_to="/items/1")
    app.add_url_rule("/made", "made", view, build_only=True)
    tenant = Blueprint("tenant", __name__, url_prefix="/t/<tenant>")
    tenant.add_url_rule("/things", "things", view)
    app.register_blueprint(tenant)
    telemetry.service.instrument(app)
    assert _told(telemetry.service) == {
        "/items/<int:id>": ("GET", "PUT"),
        "/orders": ("OPTIONS", "POST"),
        "/t/<tenant>/things": ("GET",),
    }


def test_routes_that_come_later_are_told_later(telemetry: CapturedTelemetry) -> None:
    """The question is answered as things stand when it is asked."""
    app = telemetry.service.instrument(FastAPI())
    assert _told(telemetry.service) == {}
    app.get("/late")(lambda: "late")
    assert _told(telemetry.service) == {"/late": ("GET",)}


def test_without_an_application_that_tells_nothing_is_known(telemetry: CapturedTelemetry) -> None:
    """No application, or a bare one among others: None, as any route might be served there."""
    import httpx

    service = telemetry.service
    client = service.instrument(httpx.Client())
    assert service.routes() is None
    client.close()
    app = service.instrument(Starlette(routes=[Route("/", page)]))
    assert _told(service) == {"/": ("GET",)}

    async def bare(scope: Any, receive: Any, send: Any) -> None:
        del scope, receive, send

    wrapped = service.instrument(bare)
    assert service.routes() is None
    del app, wrapped


def test_several_applications_are_told_in_their_order(telemetry: CapturedTelemetry) -> None:
    """One route per template, in the order in which applications were instrumented."""
    first = Starlette(routes=[Route("/b", page), Route("/both", page, methods=["POST"])])
    second = Flask("shop", static_folder=None)
    second.add_url_rule("/both", "both", lambda: "")
    second.add_url_rule("/a", "a", lambda: "")
    for app in (first, second, first):
        telemetry.service.instrument(app)
    told = _told(telemetry.service)
    assert list(told) == ["/b", "/both", "/a"]
    assert told["/both"] == ("GET", "POST")


@pytest.mark.parametrize("make", [FastAPI, Starlette, lambda: Flask("shop")])
def test_an_application_is_not_kept_alive(telemetry: CapturedTelemetry, make: Any) -> None:
    """Who makes an application per test does not pile them up in the service."""
    app = telemetry.service.instrument(make())
    assert telemetry.service.routes() is not None
    del app
    gc.collect()
    assert telemetry.service.routes() is None


def test_excluded_routes_are_not_told() -> None:
    """What is not measured is no route that an objective could be about."""
    service = nf.setup("shop", exclude=["/internal/*", "/ping"])
    try:
        routes = [Route(path, page) for path in ("/ping", "/pings", "/internal/{what}")]
        app = service.instrument(Starlette(routes=routes))
        assert _told(service) == {"/pings": ("GET",)}
        del app
    finally:
        service.shutdown()


def test_an_application_that_is_mounted_in_itself_ends(telemetry: CapturedTelemetry) -> None:
    """A circle of mounts is told once around."""
    app = Starlette(routes=[Route("/", page)])
    app.mount("/again", app)
    telemetry.service.instrument(app)
    assert _told(telemetry.service) == {"/": ("GET",)}


def test_what_is_within_a_middleware_is_told(telemetry: CapturedTelemetry) -> None:
    """A framework's middleware around an application is instrumented with that application."""
    inner = Starlette(routes=[Route("/in", page)])
    outer = telemetry.service.instrument(CORSMiddleware(inner))
    assert _told(telemetry.service) == {"/in": ("GET",)}
    del outer
