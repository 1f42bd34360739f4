"""Applications inside of others: behind a middleware that is served, or mounted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from flask import Blueprint, Flask
from opentelemetry.trace import SpanKind
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount
from starlette.testclient import TestClient
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import Client

import ninefold as nf
from ninefold.registry import HTTP_SERVER_REQUEST_DURATION
from ninefold.testing import CapturedTelemetry


class Plain:
    """A middleware as applications write their own."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


def shop() -> FastAPI:
    """A FastAPI application with a router in a router, and another application mounted."""
    app, outer, inner, mounted = FastAPI(), APIRouter(prefix="/a"), APIRouter(), FastAPI()

    @inner.get("/items/{item_id}")
    @mounted.get("/items/{item_id}")
    def item(item_id: int) -> int:
        return item_id

    outer.include_router(inner, prefix="/b")
    app.include_router(outer)
    app.mount("/t/{tenant}", mounted)
    return app


def cors(app: Any) -> Any:
    """The middleware that most often stands around a whole application."""
    return CORSMiddleware(app, allow_origins=["https://shop.example"])


def routes(telemetry: CapturedTelemetry) -> dict[object, int]:
    """How many requests each route had, whoever counted them."""
    told: dict[object, int] = {}
    for point in telemetry.points(HTTP_SERVER_REQUEST_DURATION.name):
        route = (point.attributes or {}).get("http.route")
        told[route] = told.get(route, 0) + getattr(point, "count", 0)
    return told


@pytest.mark.parametrize(
    "around",
    [Plain, cors, lambda app: cors(Plain(GZipMiddleware(app)))],
    ids=["own", "starlette's", "several"],
)
def test_a_middleware_around_the_application_is_measured_with_its_routes(
    telemetry: CapturedTelemetry, around: Callable[[Any], Any]
) -> None:
    """The outermost measures, routes are whole, and nothing is counted or traced twice."""
    client = TestClient(telemetry.service.instrument(around(shop())))
    for path in ("/a/b/items/1", "/t/acme/items/1", "/nowhere"):
        client.get(path)
    assert routes(telemetry) == {
        "/a/b/items/{item_id}": 1,
        "/t/{tenant}/items/{item_id}": 1,
        None: 1,
    }
    assert [span.kind for span in telemetry.spans] == [SpanKind.SERVER] * 3


def test_what_a_middleware_answers_by_itself_is_measured(telemetry: CapturedTelemetry) -> None:
    """A preflight never gets to the application, and is a request all the same."""
    client = TestClient(telemetry.service.instrument(cors(shop())))
    asked = {"origin": "https://shop.example", "access-control-request-method": "GET"}
    assert client.options("/a/b/items/1", headers=asked).status_code == 200
    assert telemetry.value(HTTP_SERVER_REQUEST_DURATION.name, http_request_method="OPTIONS") == 1


def test_a_middleware_is_wrapped_once(telemetry: CapturedTelemetry) -> None:
    """A second time changes nothing, and the application within may be instrumented as well."""
    service, app = telemetry.service, shop()
    wrapped = service.instrument(Plain(service.instrument(app)))
    assert service.instrument(wrapped) is wrapped
    TestClient(wrapped).get("/a/b/items/1")
    assert routes(telemetry) == {"/a/b/items/{item_id}": 1}


def test_a_route_that_comes_later_is_known_behind_a_middleware(
    telemetry: CapturedTelemetry,
) -> None:
    """Routes may be added while the application serves."""
    app = Starlette()
    client = TestClient(telemetry.service.instrument(Plain(app)))
    client.get("/nowhere")

    def late(request: Request) -> PlainTextResponse:
        return PlainTextResponse(request.path_params["word"])

    app.add_route("/late/{word}", late)
    assert client.get("/late/night").text == "night"
    assert routes(telemetry) == {None: 1, "/late/{word}": 1}


def test_a_fastapi_application_mounted_in_starlette_counts_once(
    telemetry: CapturedTelemetry,
) -> None:
    """FastAPI's own telemetry is off wherever the application is mounted."""
    app = telemetry.service.instrument(Starlette(routes=[Mount("/api", app=Plain(shop()))]))
    TestClient(app).get("/api/a/b/items/1")
    assert routes(telemetry) == {"/api/a/b/items/{item_id}": 1}
    assert [span.name for span in telemetry.spans] == ["GET /api/a/b/items/{item_id}"]


def test_contrib_lets_go_of_a_mounted_application(telemetry: CapturedTelemetry) -> None:
    """What contrib instrumented before it was mounted has one owner too."""
    contrib = pytest.importorskip(
        "opentelemetry.instrumentation.fastapi",
        reason="opentelemetry-instrumentation-fastapi is not installed",
    )
    mounted = shop()
    contrib.FastAPIInstrumentor.instrument_app(mounted)
    app = telemetry.service.instrument(Starlette(routes=[Mount("/api", app=mounted)]))
    client = TestClient(app)
    client.get("/api/a/b/items/1")
    client.get("/api/a/b/items/2")
    assert [span.name for span in telemetry.spans] == ["GET /api/a/b/items/{item_id}"] * 2


def test_a_wsgi_middleware_around_flask_is_measured_with_its_routes(
    telemetry: CapturedTelemetry,
) -> None:
    """As with ASGI; and a second time changes nothing."""
    app = Flask("shop")
    app.add_url_rule("/items/<int:item_id>", view_func=lambda item_id: str(item_id))
    wrapped: Any = telemetry.service.instrument(ProxyFix(app))
    assert telemetry.service.instrument(wrapped) is wrapped
    Client(wrapped).get("/items/7").close()
    assert routes(telemetry) == {"/items/<int:item_id>": 1}


@pytest.mark.parametrize(
    ("target", "told"),
    [
        (Blueprint("cart", __name__), "the flask integration takes an application"),
        (Request({"type": "http"}), "the starlette and fastapi integrations take an application"),
    ],
    ids=["flask", "starlette"],
)
def test_a_part_that_serves_nothing_is_refused(
    telemetry: CapturedTelemetry, target: Any, told: str
) -> None:
    """A framework's object that is no application is a mistake, and told as one."""
    with pytest.raises(nf.ConfigurationError, match=told):
        telemetry.service.instrument(target)
