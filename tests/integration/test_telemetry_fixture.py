"""The `telemetry` fixture as a user's own tests have it, on applications served in process."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from ninefold.testing import CapturedTelemetry

DURATION = "http.server.request.duration"


@pytest.mark.parametrize("order_id", ["1", "2"])
def test_a_fastapi_test_counts_its_own_requests(
    telemetry: CapturedTelemetry, order_id: str
) -> None:
    """An application made in the test is measured for that test alone."""
    app = FastAPI()

    @app.get("/orders/{order_id}")
    def order(order_id: int) -> dict[str, int]:
        return {"order": order_id}

    client = TestClient(telemetry.service.instrument(app))
    assert client.get(f"/orders/{order_id}").status_code == 200
    assert client.get("/orders/one").status_code == 422

    assert telemetry.value(DURATION, http_route="/orders/{order_id}") == 2
    assert telemetry.value(DURATION, http_response_status_code=200) == 1
    assert [span.name for span in telemetry.spans] == ["GET /orders/{order_id}"] * 2


def test_client_spans_and_metrics_are_captured_too(telemetry: CapturedTelemetry) -> None:
    """An instrumented client's call is a client span and a point of its own metric."""
    transport = httpx.MockTransport(lambda _: httpx.Response(204))
    with telemetry.service.instrument(httpx.Client(transport=transport)) as client:
        client.get("http://stock.internal/pies")
    [span] = telemetry.spans
    assert span.kind.name == "CLIENT"
    assert telemetry.value("http.client.request.duration", http_request_method="GET") == 1
