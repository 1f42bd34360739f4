"""Server spans carry of headers and query what a setting allows by name, and no secret of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from tests.support.hostile import Ask, asgi_client, wsgi_client

import ninefold as nf
from ninefold.testing import CapturedTelemetry


async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
    """Answers nothing much."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


def wsgi_app(environ: Any, start_response: Any) -> list[bytes]:
    """Answers nothing much."""
    start_response("200 OK", [])
    return [b"ok"]


Serve = Callable[..., Ask]


@pytest.fixture(params=["asgi", "wsgi"])
def serve(request: pytest.FixtureRequest, telemetry: CapturedTelemetry) -> Serve:
    """Set a service up with settings, and return a client of its application."""

    def serving(**settings: Any) -> Ask:
        service = nf.setup("shop", **settings)
        telemetry.capture(service)
        if request.param == "asgi":
            return asgi_client(service.instrument(asgi_app))
        return wsgi_client(service.instrument(wsgi_app))

    return serving


def attributes(telemetry: CapturedTelemetry) -> Mapping[str, Any]:
    """Those of the one span."""
    (span,) = telemetry.spans
    return span.attributes or {}


def test_by_default_neither_headers_nor_query_are_recorded(
    serve: Serve, telemetry: CapturedTelemetry
) -> None:
    """Query string, cookie, credentials and User-Agent leave no trace in the span."""
    serve()(
        "/",
        query=b"q=canary",
        headers=[(b"user-agent", b"canary"), (b"cookie", b"canary"), (b"x-tenant", b"canary")],
    )
    told = attributes(telemetry)
    assert "canary" not in repr(dict(told))
    assert not [key for key in told if key.startswith(("http.request.header", "url.query"))]


def test_allowed_headers_are_lists_under_their_lower_case_names(
    serve: Serve, telemetry: CapturedTelemetry
) -> None:
    """As the conventions have `http.request.header.<key>`; what is not named is not there."""
    ask = serve(record_headers=["X-Tenant", "accept"])
    ask("/", headers=[(b"x-tenant", b"acme"), (b"x-other", b"canary")])
    told = attributes(telemetry)
    assert told["http.request.header.x-tenant"] == ("acme",)
    assert [key for key in told if "header" in key] == ["http.request.header.x-tenant"]


def test_a_header_with_a_secret_name_is_redacted_though_it_is_allowed(
    serve: Serve, telemetry: CapturedTelemetry
) -> None:
    """`authorization` in the setting does not have a credential recorded."""
    ask = serve(record_headers=["authorization", "x-api-key", "referer"])
    ask(
        "/",
        headers=[
            (b"authorization", b"Bearer canary"),
            (b"x-api-key", b"canary"),
            (b"referer", b"https://shop.example/?token=canary"),
        ],
    )
    told = attributes(telemetry)
    assert told["http.request.header.authorization"] == ("REDACTED",)
    assert told["http.request.header.x-api-key"] == ("REDACTED",)
    assert told["http.request.header.referer"] == ("https://shop.example/?token=REDACTED",)


def test_of_the_query_only_allowed_parameters_are_recorded(
    serve: Serve, telemetry: CapturedTelemetry
) -> None:
    """The others are gone, and those that are secret by name are redacted."""
    ask = serve(record_query=["page", "access_token"])
    ask("/", query=b"q=canary&page=2&access_token=canary")
    assert attributes(telemetry)["url.query"] == "page=2&access_token=REDACTED"


def test_values_are_cut_and_can_always_be_exported(
    serve: Serve, telemetry: CapturedTelemetry
) -> None:
    """1,024 characters each, and nothing that UTF-8 cannot hold."""
    ask = serve(record_headers=["x-tenant"], record_query=["page"])
    ask(
        "/" + "a" * 5000 + "\udcff",
        method="M" * 5000,
        query=b"page=" + b"1" * 5000 + b"\xff",
        headers=[(b"x-tenant", b"\xff" * 5000), (b"host", b"h" * 5000)],
        client=("c" * 5000, 1),
    )
    told = attributes(telemetry)
    texts = [
        text
        for value in told.values()
        for text in (value if isinstance(value, tuple) else [value])
        if isinstance(text, str)
    ]
    assert {key: len(told[key]) for key in ("url.path", "url.query", "client.address")} == {
        "url.path": 1024,
        "url.query": 1024,
        "client.address": 1024,
    }
    assert len(told["http.request.method_original"]) == 1024
    assert max(map(len, texts)) == 1024
    assert all(text.encode("utf-8") for text in texts)


def test_half_a_surrogate_pair_in_a_path_can_be_exported(
    serve: Serve, telemetry: CapturedTelemetry
) -> None:
    """As a server hands on bytes that are no UTF-8; encoding it would fail a whole export."""
    serve()("/\udcff")
    assert attributes(telemetry)["url.path"].encode("utf-8")


def test_a_repeated_header_is_recorded_a_stated_number_of_times(
    serve: Serve, telemetry: CapturedTelemetry
) -> None:
    """16 values at most, where the server keeps them apart; one joined value where it does not."""
    ask = serve(record_headers=["x-tenant"])
    ask("/", headers=[(b"x-tenant", b"acme")] * 1000)
    values = attributes(telemetry)["http.request.header.x-tenant"]
    assert len(values) in (1, 16)
    assert max(map(len, values)) <= 1024
