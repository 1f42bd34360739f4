"""What serving rests on when something is wrong: scrapes, error pages, odd messages."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import MutableMapping
from typing import Any

import pytest
from flask import Flask
from starlette.applications import Starlette
from starlette.testclient import TestClient

import ninefold as nf
from ninefold.registry import HTTP_SERVER_ACTIVE_REQUESTS, HTTP_SERVER_REQUEST_DURATION
from ninefold.testing import CapturedTelemetry


def test_the_flask_extension_is_reached_as_an_attribute(telemetry: CapturedTelemetry) -> None:
    """`nf.integrations.flask` needs no import of its own; a name that is none is told."""
    integrations: Any = nf.integrations
    app = Flask("shop")
    integrations.flask.Ninefold(service=telemetry.service).init_app(app)
    app.test_client().get("/nowhere").close()
    assert telemetry.value(HTTP_SERVER_REQUEST_DURATION.name) == 1
    with pytest.raises(AttributeError, match="flaks"):
        integrations.flaks  # noqa: B018 - the look-up is the test


def test_the_flask_extension_refuses_what_is_no_service() -> None:
    """It is told where the extension is made, long before an application is bound to it."""
    integrations: Any = nf.integrations
    with pytest.raises(nf.ConfigurationError, match=r"service must be .* got 'inventory'; write"):
        integrations.flask.Ninefold(service="inventory")


def test_an_error_page_is_measured_when_it_is_given_back(telemetry: CapturedTelemetry) -> None:
    """Flask's own 404 is whole: a test client that reads no body sees it all the same."""
    app = telemetry.service.instrument(Flask("shop"))
    unread = app.test_client().get("/nowhere")
    assert unread.status_code == 404
    assert telemetry.value(HTTP_SERVER_REQUEST_DURATION.name) == 1


def test_a_status_that_is_none_leaves_nothing_under_way(telemetry: CapturedTelemetry) -> None:
    """A request that cannot be recorded has ended nevertheless."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": [200]})
        await send({"type": "http.response.body"})

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: MutableMapping[str, Any]) -> None:
        del message

    scope = {"type": "http", "method": "GET", "path": "/", "http_version": "1.1", "headers": []}
    asyncio.run(telemetry.service.instrument(app)(scope, receive, send))
    assert telemetry.value(HTTP_SERVER_ACTIVE_REQUESTS.name) == 0


def test_a_scrape_that_fails_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Metrics that cannot be collected are a 503, and no exception in the server."""

    def hung(self: nf.Service, accept: str = "") -> tuple[bytes, str]:
        del self, accept
        raise TimeoutError("the scrape before this one has not ended")

    monkeypatch.setattr(nf.Service, "expose", hung)
    service = nf.setup("shop", prometheus=True)
    try:
        asgi = TestClient(service.instrument(Starlette()))
        wsgi = service.instrument(Flask("shop")).test_client()
        assert asgi.get("/metrics").status_code == 503
        assert wsgi.get("/metrics").status_code == 503
    finally:
        service.shutdown()


def test_what_a_server_lets_pass_costs_no_error_of_ours(telemetry: CapturedTelemetry) -> None:
    """A scope without headers and a status line that is no text are the server's business."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body"})

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: MutableMapping[str, Any]) -> None:
        del message

    scope = {"type": "http", "method": "GET", "path": "/", "http_version": "1.1"}
    asyncio.run(telemetry.service.instrument(app)(scope, receive, send))

    def wsgi(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response(["200 OK"], [])
        return [b""]

    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "SERVER_PROTOCOL": "HTTP/1.1"}
    assert list(telemetry.service.instrument(wsgi)(environ, lambda *_: None)) == [b""]
    assert telemetry.value(HTTP_SERVER_ACTIVE_REQUESTS.name) == 0


def test_trio_serves_metrics_and_an_end_in_good_order() -> None:
    """What is done in a thread is done under trio too."""
    service = nf.setup("shop", prometheus=True)
    try:
        app = service.instrument(Starlette())
        with TestClient(app, backend="trio") as client:
            assert client.get("/nowhere").status_code == 404
            assert 'http_response_status_code="404"' in client.get("/metrics").text
    finally:
        service.shutdown()


def test_an_unknown_event_loop_gets_its_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where neither asyncio nor trio runs the application is served all the same."""
    monkeypatch.setitem(sys.modules, "trio", None)
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("the scrape is answered for the application")

    scope = {"type": "http", "method": "GET", "path": "/metrics", "http_version": "1.1"}
    service = nf.setup("shop", prometheus=True)
    try:
        with pytest.raises(StopIteration):
            service.instrument(app)(scope, receive, send).send(None)
    finally:
        service.shutdown()
    assert sent[0]["status"] == 200


@pytest.mark.parametrize("timeout", ["x", -1, float("nan")])
def test_a_timeout_that_is_none_is_told(telemetry: CapturedTelemetry, timeout: Any) -> None:
    """A flush is asked for with a number of seconds, or with nothing."""
    with pytest.raises(nf.ConfigurationError, match="timeout"):
        telemetry.service.force_flush(timeout)
