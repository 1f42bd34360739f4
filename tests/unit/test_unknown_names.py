"""At start-up: objectives that name a route or an operation that is not there are told of, once."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from flask import Flask

import ninefold as nf
from ninefold.registry import TELEMETRY_DROPPED
from ninefold.sli import Objectives
from ninefold.testing import CapturedTelemetry

LOGGER = "ninefold.sli"
MISSPELT = (
    "objective 'checkout' is about the route '/chekout', which is not there;"
    " did you mean '/checkout'?"
)


@pytest.fixture
def service(telemetry: CapturedTelemetry) -> nf.Service:
    """A service that promises something of a misspelt route."""
    telemetry.service.objective("checkout", nf.availability(route="/chekout", target=0.999))
    return telemetry.service


@pytest.fixture
def app(service: nf.Service) -> FastAPI:
    """Its application."""
    app = service.instrument(FastAPI())
    app.get("/checkout")(lambda: "bought")
    return app


@pytest.fixture
def said() -> Iterator[list[str]]:
    """What is logged about objectives, as it comes."""
    messages: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            assert record.levelno == logging.WARNING
            messages.append(record.getMessage())

    handler = Kept()
    logging.getLogger(LOGGER).addHandler(handler)
    yield messages
    logging.getLogger(LOGGER).removeHandler(handler)


def test_an_asgi_server_that_starts_up_says_it(app: FastAPI, said: list[str]) -> None:
    """With a lifespan the warning comes before the first request, with the nearest name."""
    with TestClient(app):
        assert said == [MISSPELT]


def test_the_first_request_says_it_and_no_other(app: FastAPI, said: list[str]) -> None:
    """Without a lifespan, the first request does; later ones and other methods are silent."""
    client = TestClient(app)
    assert said == []
    for method in ("GET", "POST", "DELETE", "GET"):
        client.request(method, "/checkout")
        assert said == [MISSPELT]


def test_flask_says_it_at_the_first_request(service: nf.Service, said: list[str]) -> None:
    """WSGI has no start-up of its own."""
    app = service.instrument(Flask("shop", static_folder=None))
    app.get("/checkout")(lambda: "bought")
    assert app.test_client().get("/checkout").data == b"bought"
    assert said == [MISSPELT]


def test_a_service_without_a_mistake_is_silent(
    telemetry: CapturedTelemetry, said: list[str]
) -> None:
    """What is there, the service as a whole, and kinds whose names come with their first items."""
    service = telemetry.service
    service.objective("all", nf.availability(target=0.999))
    service.objective("checkout", nf.latency(route="/checkout", threshold=0.3, target=0.99))
    service.objective("index", nf.fresh("search.index", threshold=60, target=0.99))
    service.freshness("search.index", updated_at=lambda: 0.0)
    service.objective("ocr", nf.throughput("ocr", threshold=1, target=0.99))
    app = service.instrument(Flask("shop"))
    app.get("/checkout")(lambda: "bought")
    app.test_client().get("/checkout").close()
    assert said == []


def test_routes_that_nobody_knows_are_not_judged(service: nf.Service, said: list[str]) -> None:
    """A bare callable may serve anything."""

    def bare(environ: Mapping[str, Any], start_response: Any) -> list[bytes]:
        start_response("204 No Content", [])
        return []

    app = service.instrument(bare)
    assert list(app({"REQUEST_METHOD": "GET", "PATH_INFO": "/"}, lambda *_: None)) == []
    assert said == []


def test_what_is_measured_while_a_module_is_imported_is_no_start_up(
    service: nf.Service, said: list[str]
) -> None:
    """An application whose routes come yet is not judged by the first thing that is measured."""
    app = service.instrument(FastAPI())
    service.telemetry.pipeline.ensure()
    assert said == []
    app.get("/checkout")(lambda: "bought")
    TestClient(app).get("/checkout")
    assert said == [MISSPELT]


def test_a_worker_that_serves_nothing_says_it_at_its_first_measurement(
    telemetry: CapturedTelemetry, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Operations are looked up as routes are; where there is no application, without one."""

    def known(self: nf.Service) -> Mapping[str, Mapping[str, str | None]]:
        del self
        return {"operation.availability": {"place_order": None}, "freshness": {}}

    monkeypatch.setattr(nf.Service, "_known", known)
    service = telemetry.service
    service.objective("orders", nf.availability(operation="place_ordr", target=0.999))
    service.objective("index", nf.fresh("search.index", threshold=60, target=0.99))
    assert said == []
    for _ in range(2):
        service.telemetry.pipeline.ensure()
        assert len(said) == 2
    assert "'place_ordr', which is not there; did you mean 'place_order'?" in said[0]
    assert "freshness 'search.index', which is not there; there is none" in said[1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="by design: no fork on this platform")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_worker_does_not_repeat_what_its_parent_said(
    service: nf.Service, said: list[str]
) -> None:
    """Of many workers each has its own first request, and nobody wants to read it from all."""
    app = service.instrument(Flask("shop", static_folder=None))
    app.get("/checkout")(lambda: "bought")
    app.test_client().get("/checkout")
    assert said == [MISSPELT]
    child = os.fork()
    if child == 0:
        app.test_client().get("/checkout")
        os._exit(len(said))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1


def test_a_look_that_fails_costs_no_request(
    app: FastAPI, telemetry: CapturedTelemetry, monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    """A defect of ours is counted, and the request is served and measured."""

    def failing(
        self: Objectives,
        *,
        routes: Iterable[str] | None,
        operations: Mapping[str, Iterable[str]],
        dependencies: Iterable[str] | None,
    ) -> list[str]:
        del self, routes, operations, dependencies
        raise RuntimeError("a defect")

    monkeypatch.setattr(Objectives, "unknown", failing)
    assert TestClient(app).get("/checkout").status_code == 200
    assert said == []
    assert telemetry.value("http.server.request.duration", http_route="/checkout") == 1
    assert telemetry.value(TELEMETRY_DROPPED.name, ninefold_reason="internal_error") == 1
