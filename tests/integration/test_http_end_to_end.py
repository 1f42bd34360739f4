"""Two instrumented applications under real servers: what was sent is what arrives, exactly.

`nox -s servers` tries each framework by each protocol, directly and through a Collector; the test
command half of these combinations.
"""

from __future__ import annotations

import itertools
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import pytest
from tests.support.otlp_records import Point, Span
from tests.support.otlp_sink import OtlpSink
from tests.support.prometheus import Prometheus, promtool
from tests.support.rotel import Rotel
from tests.support.servers import Serve, Server
from tests.support.traffic import Outcome, Visit, send, visit

METRIC = "http.server.request.duration"
COUNT = "http_server_request_duration_seconds_count"

# Routes are spelled as each framework spells its own.
VISITS: dict[str, list[Visit]] = {
    "fastapi": [
        visit("GET", "/", "/", 200),
        visit("GET", "/?q=1", "/", 200),
        visit("GET", "/items/7", "/items/{item_id}", 200),
        visit("GET", "/items/8", "/items/{item_id}", 200),
        visit("GET", "/items/101", "/items/{item_id}", 404),
        visit("GET", "/items/seven", "/items/{item_id}", 422),
        visit("GET", "/old", "/old", 307),
        visit("GET", "/broken", "/broken", 500, error="500"),
        visit("GET", "/feed", "/feed", 200),
        visit("POST", "/v1/orders/a/lines/1", "/v1/orders/{order_id}/lines/{line}", 201),
        visit("GET", "/sites/north/shelves/3", "/sites/{site}/shelves/{shelf}", 200),
        visit("GET", "/nowhere", None, 404),
    ],
    "flask": [
        visit("GET", "/", "/", 200),
        visit("HEAD", "/", "/", 200),
        visit("GET", "/?q=1", "/", 200),
        visit("GET", "/items/7", "/items/<int:item_id>", 200),
        visit("GET", "/items/8", "/items/<int:item_id>", 200),
        visit("GET", "/items/101", "/items/<int:item_id>", 404),
        visit("GET", "/old", "/old", 302),
        visit("GET", "/broken", "/broken", 500, error="500"),
        visit("GET", "/feed", "/feed", 200),
        visit("POST", "/v1/orders/a/lines/1", "/v1/orders/<order_id>/lines/<int:line>", 201),
        visit("GET", "/nowhere", None, 404),
        visit("BREW", "/nowhere", None, 404, measured_as="_OTHER"),
    ],
}

# How each server is told to end in good order: Flask's own knows Ctrl-C alone.
STOP = {"fastapi": signal.SIGTERM, "flask": signal.SIGINT}

EVERY = os.environ.get("EVERY_SERVER") == "1"
PROTOCOLS = ("grpc", "http/protobuf")


def combined(*choices: Sequence[str]) -> list[tuple[str, ...]]:
    """Every combination of choices between two, or half: each is made, of three each two meet."""
    places = itertools.product(range(2), repeat=len(choices))
    return [
        tuple(choice[place] for choice, place in zip(choices, each, strict=True))
        for each in places
        if EVERY or sum(each) % 2 == 0
    ]


Shop = Callable[..., Server]


@pytest.fixture(params=sorted(VISITS))
def framework(request: pytest.FixtureRequest) -> str:
    """Each framework in turn."""
    name: str = request.param
    return name


@pytest.fixture
def serve(framework: str, serve_asgi: Serve, serve_wsgi: Serve) -> Shop:
    """Start the framework's shop with some settings; every trace is kept."""
    start = {"fastapi": serve_asgi, "flask": serve_wsgi}[framework]
    return lambda **env: start(
        f"tests.integration.apps.{framework}_shop:app", OTEL_TRACES_SAMPLER="always_on", **env
    )


def of_points(points: Iterable[Point]) -> Counter[Outcome]:
    """How many requests OTLP points say there were, by outcome."""
    found: Counter[Outcome] = Counter()
    for point in points:
        found[of_attributes(point.attributes)] += point.count
    return found


def of_spans(spans: Iterable[Span]) -> Counter[Outcome]:
    """How many requests server spans say there were, by outcome."""
    return Counter(of_attributes(span.attributes) for span in spans)


def of_attributes(attributes: object) -> Outcome:
    """The outcome that a point's or a span's attributes tell."""
    assert isinstance(attributes, dict)
    return Outcome(
        attributes["http.request.method"],
        attributes.get("http.route"),
        attributes["http.response.status_code"],
        attributes.get("error.type"),
    )


def test_prometheus_counts_exactly_the_requests_that_were_sent(
    framework: str, serve: Shop, prometheus: Callable[..., Prometheus]
) -> None:
    """By method, route, status and error; no label but the catalogue's, and no scrape counted."""
    shop = serve()
    sent = send(shop, VISITS[framework], times=5)
    server = prometheus({"shop": [shop.target]})
    server.wait_for(f"sum({COUNT})", lambda found: found and found[0].value == sent.total())
    sent += send(shop, VISITS[framework], times=3)
    server.wait_for(f"sum({COUNT})", lambda found: found and found[0].value == sent.total())

    samples = server.query(COUNT)
    stored: Counter[Outcome] = Counter()
    for sample in samples:
        labels = sample.labels
        outcome = Outcome(
            labels["http_request_method"],
            labels.get("http_route"),
            int(labels["http_response_status_code"]),
            labels.get("error_type"),
        )
        stored[outcome] += int(sample.value)
    assert stored == sent
    assert set().union(*(sample.labels for sample in samples)) <= {
        "__name__",
        "instance",
        "job",
        "http_request_method",
        "http_response_status_code",
        "http_route",
        "error_type",
        "network_protocol_version",
        "url_scheme",
    }

    [buckets] = server.query(f'sum({COUNT.replace("_count", "_bucket")}{{le="+Inf"}})')
    assert buckets.value == sent.total()
    [info] = server.query("target_info")
    assert info.labels["service_name"] == "shop"
    assert info.labels["service_version"] == "1.4.2"
    assert info.labels["deployment_environment_name"] == "test"
    assert info.labels["ninefold_service_owner"] == "tests"


def test_the_exposition_is_valid_in_both_formats(framework: str, serve: Shop) -> None:
    """Promtool complains of a standard name alone, and OpenMetrics ends as it must."""
    shop = serve()
    send(shop, VISITS[framework], times=1)
    plain = shop.request("/metrics")
    assert plain.status == 200
    assert plain.headers["Content-Type"].startswith("text/plain")
    checked = promtool("check", "metrics", given=plain.text)
    # `process.thread.count` is the conventions' name; what promtool says of it is advice.
    complaints = checked.stderr.splitlines()
    assert [line for line in complaints if not line.startswith("process_thread_count ")] == []
    assert len(complaints) <= 1, checked.stderr
    wanted = {"Accept": "application/openmetrics-text; version=1.0.0"}
    open_metrics = shop.request("/metrics", **wanted)
    assert open_metrics.headers["Content-Type"].startswith("application/openmetrics-text")
    assert open_metrics.text.endswith("# EOF\n")


def test_an_exemplar_leads_from_a_bucket_to_a_span(
    serve: Shop, prometheus: Callable[..., Prometheus], otlp_sink: OtlpSink
) -> None:
    """Prometheus stores the trace id of a request whose span the Collector has."""
    shop = serve(OTEL_EXPORTER_OTLP_ENDPOINT=otlp_sink.http_endpoint, OTEL_BSP_SCHEDULE_DELAY="100")
    assert shop.request("/items/7").status == 200
    [span] = otlp_sink.wait_for(lambda: otlp_sink.spans(kind="server"))
    server = prometheus({"shop": [shop.target]})
    server.wait_for(COUNT)
    selector = COUNT.replace("_count", "_bucket")
    exemplars = server.exemplars(selector)
    assert {exemplar["labels"]["trace_id"] for exemplar in exemplars} == {span.trace_id}


@pytest.mark.parametrize(
    ("framework", "through", "protocol"),
    combined(sorted(VISITS), ("sink", "rotel"), PROTOCOLS),
    indirect=["framework"],
)
def test_otlp_delivers_exactly_the_requests_that_were_sent(
    framework: str,
    serve: Shop,
    through: str,
    protocol: str,
    otlp_sink: OtlpSink,
    request: pytest.FixtureRequest,
) -> None:
    """The sum of points, and the number of server spans, equal the requests by outcome."""
    receiver = request.getfixturevalue("rotel") if through == "rotel" else otlp_sink
    shop = serve(
        OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint(protocol),
        OTEL_EXPORTER_OTLP_PROTOCOL=protocol,
        OTEL_METRIC_EXPORT_INTERVAL="300",
        OTEL_BSP_SCHEDULE_DELAY="100",
    )
    sent = send(shop, VISITS[framework], times=6)

    otlp_sink.wait_for(lambda: of_points(otlp_sink.latest(METRIC)) == sent)
    otlp_sink.wait_for(lambda: len(otlp_sink.spans(kind="server")) >= sent.total())
    shop.process.stop()
    points, spans = otlp_sink.latest(METRIC), otlp_sink.spans(kind="server")
    assert of_points(points) == sent
    assert of_spans(spans) == sent
    assert len({span.span_id for span in spans}) == sent.total()
    for record in itertools.chain(points, spans):
        assert record.resource["service.name"] == "shop"
        assert record.resource["service.version"] == "1.4.2"
        assert record.resource["deployment.environment.name"] == "test"
        assert record.resource["ninefold.service.owner"] == "tests"
    # One process is one instance, whatever the signal.
    assert len({record.resource["service.instance.id"] for record in (*points, *spans)}) == 1
    for point in points:
        assert sum(point.buckets) == point.count
        assert 0 < point.start < point.time
    for span in spans:
        route = span.attributes.get("http.route")
        method = span.attributes["http.request.method"]
        method = "HTTP" if method == "_OTHER" else method
        assert span.name == (f"{method} {route}" if route else method)
        assert (span.status == "error") == (span.attributes["http.response.status_code"] >= 500)
    if isinstance(receiver, Rotel):
        assert METRIC in receiver.metric_names()
        assert sorted(receiver.span_names()) == sorted(span.name for span in otlp_sink.spans())


def test_an_exception_is_recorded_once_on_its_span(
    framework: str, serve: Shop, otlp_sink: OtlpSink
) -> None:
    """What a view raised stands on the server span, by its class; other spans have no event."""
    shop = serve(OTEL_EXPORTER_OTLP_ENDPOINT=otlp_sink.http_endpoint)
    send(shop, VISITS[framework], times=1)
    shop.process.stop(STOP[framework])
    for span in otlp_sink.spans(kind="server"):
        raised = [attributes["exception.type"] for _, attributes in span.events]
        broken = span.attributes.get("http.route") == "/broken"
        assert raised == (["RuntimeError"] if broken else [])


@pytest.mark.parametrize(
    ("framework", "protocol"), combined(sorted(VISITS), PROTOCOLS), indirect=["framework"]
)
def test_stopping_the_server_delivers_what_was_not_exported_yet(
    framework: str, serve: Shop, protocol: str, otlp_sink: OtlpSink
) -> None:
    """With intervals of a minute, the end of the server alone brings every point and every span."""
    shop = serve(
        OTEL_EXPORTER_OTLP_ENDPOINT=otlp_sink.endpoint(protocol),
        OTEL_EXPORTER_OTLP_PROTOCOL=protocol,
        OTEL_METRIC_EXPORT_INTERVAL="60000",
        OTEL_BSP_SCHEDULE_DELAY="60000",
    )
    sent = send(shop, VISITS[framework], times=2)
    assert otlp_sink.points(METRIC) == []
    shop.process.stop(STOP[framework])
    assert of_points(otlp_sink.latest(METRIC)) == sent
    assert of_spans(otlp_sink.spans(kind="server")) == sent
