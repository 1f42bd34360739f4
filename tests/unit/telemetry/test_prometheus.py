"""What a scrape answers, from instruments of the SDK to the lines that Prometheus reads."""

from __future__ import annotations

import gzip
import logging
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest
from opentelemetry import context, trace
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk import metrics as sdk
from opentelemetry.sdk.metrics import Exemplar, Meter, MeterProvider
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    InMemoryMetricReader,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.metrics.export import Metric as SdkMetric
from opentelemetry.sdk.metrics.view import (
    ExplicitBucketHistogramAggregation,
    ExponentialBucketHistogramAggregation,
    View,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.registry import Collector

from ninefold.errors import ConfigurationError
from ninefold.telemetry._exposition import Exposition
from ninefold.telemetry._families import Distribution
from ninefold.telemetry._prometheus import PrometheusReader, encoded

_OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"


class _Scraped:
    """A provider with one Prometheus reader; the resource is left out unless a test is about it."""

    def __init__(
        self, *views: View, resource: Resource | None = None, reader: PrometheusReader | None = None
    ) -> None:
        self.reader = reader or PrometheusReader(target_info=resource is not None)
        self.provider = MeterProvider(
            [self.reader], resource=resource or Resource({}), views=views, shutdown_on_exit=False
        )
        self.meter: Meter = self.provider.get_meter("shop", "1.2")

    def lines(self, accept: str = "") -> list[str]:
        body, _ = self.reader.expose(accept)
        return body.decode().splitlines()

    def series(self, accept: str = "") -> list[str]:
        return [line for line in self.lines(accept) if not line.startswith("#")]


@pytest.fixture
def scraped() -> _Scraped:
    """A fresh provider with one Prometheus reader."""
    return _Scraped()


def _observed(*values: float) -> list[object]:
    def callback(_: CallbackOptions) -> Iterable[Observation]:
        return [Observation(value, {"n": str(n)}) for n, value in enumerate(values)]

    return [callback]


def _series_of(*metrics: SdkMetric) -> list[str]:
    """The lines of points that the SDK's own instruments would not let through."""
    scope = ScopeMetrics(InstrumentationScope("s"), metrics, "")
    families = Exposition().families([ResourceMetrics(Resource({}), [scope], "")])
    body, _ = encoded(families)
    return [line for line in body.decode().splitlines() if not line.startswith("#")]


class _Fixed(Collector):
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_every_kind_of_instrument_is_exposed(scraped: _Scraped) -> None:
    """Counters, up-down counters, gauges and histograms come under their Prometheus names."""
    scraped.meter.create_counter("process.cpu.time", "s", "CPU time").add(1.5, {"cpu.mode": "user"})
    scraped.meter.create_up_down_counter("http.server.active_requests", "{request}").add(3)
    scraped.meter.create_gauge("saturation.utilization", "1", "usage / limit").set(0.25)
    scraped.meter.create_histogram(
        "http.server.request.duration", "s", explicit_bucket_boundaries_advisory=[0.1, 1]
    ).record(0.1, {"http.route": "/a"})

    assert scraped.lines() == [
        "# HELP process_cpu_time_seconds_total CPU time",
        "# TYPE process_cpu_time_seconds_total counter",
        'process_cpu_time_seconds_total{cpu_mode="user"} 1.5',
        "# HELP http_server_active_requests ",
        "# TYPE http_server_active_requests gauge",
        "http_server_active_requests 3.0",
        "# HELP saturation_utilization_ratio usage / limit",
        "# TYPE saturation_utilization_ratio gauge",
        "saturation_utilization_ratio 0.25",
        "# HELP http_server_request_duration_seconds ",
        "# TYPE http_server_request_duration_seconds histogram",
        'http_server_request_duration_seconds_bucket{http_route="/a",le="0.1"} 1.0',
        'http_server_request_duration_seconds_bucket{http_route="/a",le="1.0"} 1.0',
        'http_server_request_duration_seconds_bucket{http_route="/a",le="+Inf"} 1.0',
        'http_server_request_duration_seconds_count{http_route="/a"} 1.0',
        'http_server_request_duration_seconds_sum{http_route="/a"} 0.1',
    ]


def test_nothing_recorded_is_an_empty_answer(scraped: _Scraped) -> None:
    """A process that has recorded nothing answers with nothing, and OpenMetrics with its end."""
    assert scraped.lines() == []
    assert scraped.lines(_OPENMETRICS) == ["# EOF"]


def test_each_scrape_has_the_totals_since_the_start(scraped: _Scraped) -> None:
    """A scrape takes nothing away: the next one has the same totals and what came since."""
    counter = scraped.meter.create_counter("orders")
    counter.add(1)
    assert scraped.series() == ["orders_total 1.0"]
    assert scraped.series() == ["orders_total 1.0"]
    counter.add(2)
    assert scraped.series() == ["orders_total 3.0"]


def test_resource_is_target_info() -> None:
    """The resource's attributes are labels of target_info, and of nothing else."""
    scraped = _Scraped(resource=Resource({"service.name": "shop", "process.pid": 7}))
    scraped.meter.create_counter("orders").add(1)
    assert scraped.lines()[:3] == [
        "# HELP target_info Target metadata",
        "# TYPE target_info gauge",
        'target_info{process_pid="7",service_name="shop"} 1.0',
    ]
    assert "# TYPE target info" in scraped.lines(_OPENMETRICS)
    assert "orders_total 1.0" in scraped.lines()


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (None, "text/plain; version=0.0.4; charset=utf-8"),
        ("", "text/plain; version=0.0.4; charset=utf-8"),
        ("*/*", "text/plain; version=0.0.4; charset=utf-8"),
        (_OPENMETRICS, "application/openmetrics-text; version=1.0.0; charset=utf-8"),
        ("application/openmetrics-text; version=x", "text/plain; version=0.0.4; charset=utf-8"),
        ("text/plain; version=1.x", "text/plain; version=0.0.4; charset=utf-8"),
    ],
)
def test_format_is_negotiated(scraped: _Scraped, accept: str | None, content_type: str) -> None:
    """The scraper gets the format that it asks for; what cannot be read asks for the plain one."""
    scraped.meter.create_counter("orders").add(1)
    body, answered = scraped.reader.expose(accept)
    assert answered.startswith(content_type)
    assert body.endswith(b"# EOF\n") == answered.startswith("application/openmetrics-text")


def test_unit_is_said_in_openmetrics(scraped: _Scraped) -> None:
    """OpenMetrics carries the unit, where the name ends in it as OpenMetrics demands."""
    scraped.meter.create_counter("process.cpu.time", "s").add(1)
    scraped.meter.create_gauge("seconds.since.sync", "s").set(1)
    units = [line for line in scraped.lines(_OPENMETRICS) if line.startswith("# UNIT")]
    assert units == ["# UNIT process_cpu_time_seconds seconds"]


def test_answer_is_compressed_where_accepted(scraped: _Scraped) -> None:
    """Gzip is used where the scraper takes it, and said in the headers."""
    scraped.meter.create_counter("orders").add(1)
    plain = scraped.reader.scrape()
    packed = scraped.reader.scrape(accept_encoding="deflate, gzip;q=0.8")
    assert gzip.decompress(packed.body) == plain.body
    assert dict(packed.headers)["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in dict(plain.headers)
    assert dict(packed.headers)["Content-Length"] == str(len(packed.body))
    assert dict(plain.headers)["Vary"] == "Accept, Accept-Encoding"


def test_families_serve_a_registry_of_the_users(scraped: _Scraped) -> None:
    """The families can be put into prometheus_client's own registry."""
    scraped.meter.create_counter("orders").add(4)

    registry = CollectorRegistry()
    registry.register(_Fixed(scraped.reader.families()))
    assert registry.get_sample_value("orders_total") == 4


def test_exponential_histogram_has_count_and_sum(caplog: pytest.LogCaptureFixture) -> None:
    """An exponential histogram keeps count and sum, and says once what is missing."""
    scraped = _Scraped(
        View(instrument_name="d", aggregation=ExponentialBucketHistogramAggregation())
    )
    scraped.meter.create_histogram("d", "s").record(2)
    scraped.meter.create_counter("orders").add(1)
    expected = [
        'd_seconds_bucket{le="+Inf"} 1.0',
        "d_seconds_count 1.0",
        "d_seconds_sum 2.0",
        "orders_total 1.0",
    ]
    assert scraped.series() == expected
    assert scraped.series() == expected
    (said,) = _warnings(caplog)
    assert said.startswith("'d' is an exponential histogram")
    assert "explicit buckets in its View" in said


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("counter", "a.b", ""), ("gauge", "a_b_total", "")),
        (("gauge", "a.b", ""), ("up_down_counter", "a_b", "")),
        (("gauge", "a.seconds", "s"), ("gauge", "a_seconds", "")),
        (("histogram", "a", ""), ("gauge", "a.count", "")),
        (("gauge", "a.count", ""), ("histogram", "a", "")),
        (("counter", "a", ""), ("gauge", "a", "")),
    ],
)
def test_first_of_two_that_share_a_name_wins(
    scraped: _Scraped,
    caplog: pytest.LogCaptureFixture,
    first: tuple[str, str, str],
    second: tuple[str, str, str],
) -> None:
    """Of two metrics that Prometheus could not tell apart the first stays; the other is logged."""
    for kind, name, unit in (first, second):
        instrument = getattr(scraped.meter, f"create_{kind}")(name, unit)
        method = {"gauge": "set", "histogram": "record"}.get(kind, "add")
        getattr(instrument, method)(1)
    alone = _Scraped()
    kind, name, unit = first
    instrument = getattr(alone.meter, f"create_{kind}")(name, unit)
    getattr(instrument, {"gauge": "set", "histogram": "record"}.get(kind, "add"))(1)

    assert scraped.lines() == alone.lines()
    assert scraped.lines(_OPENMETRICS) == alone.lines(_OPENMETRICS)
    (said,) = _warnings(caplog)
    assert said.startswith(f"{second[1]!r} ")
    assert "rename one of the two" in said


def test_series_that_become_one_are_added(scraped: _Scraped) -> None:
    """Attribute sets that Prometheus cannot tell apart are one series, with their sum."""
    counter = scraped.meter.create_counter("orders")
    for attributes in ({"status": 200}, {"status": "200"}, {"status": "200", "empty": ""}):
        counter.add(1, attributes)
    other = scraped.provider.get_meter("another").create_counter("orders")
    other.add(1, {"status": 200})
    up_down = scraped.meter.create_up_down_counter("depth")
    up_down.add(5, {"a.b": "x"})
    up_down.add(-2, {"a_b": "x"})
    assert scraped.series() == ['orders_total{status="200"} 4.0', 'depth{a_b="x"} 3.0']


def test_gauges_that_become_one_keep_the_later(scraped: _Scraped) -> None:
    """Of two gauges in one series the value that was collected last stands: they have no sum."""
    gauge = scraped.meter.create_gauge("level")
    gauge.set(5, {"a.b": "x"})
    gauge.set(7, {"a_b": "x"})
    assert scraped.series() == ['level{a_b="x"} 7.0']


def test_histograms_that_become_one_keep_common_bounds(scraped: _Scraped) -> None:
    """Histograms of different bounds in one series keep the bounds where both counts are exact."""
    for scope, bounds in (("one", [1.0, 2.0, 5.0]), ("two", [2.0, 3.0])):
        histogram = scraped.provider.get_meter(scope).create_histogram(
            "d", explicit_bucket_boundaries_advisory=bounds
        )
        for value in (0.5, 2.5, 10):
            histogram.record(value)
    assert scraped.series() == [
        'd_bucket{le="2.0"} 2.0',
        'd_bucket{le="+Inf"} 6.0',
        "d_count 6.0",
        "d_sum 26.0",
    ]


def test_scopes_are_labels_when_asked_for() -> None:
    """With `scope_labels` each series says its scope, and scopes stay apart."""
    scraped = _Scraped(reader=PrometheusReader(target_info=False, scope_labels=True))
    scraped.meter.create_counter("orders").add(1, {"shop": "a"})
    other = scraped.provider.get_meter("other")
    other.create_counter("orders").add(2, {"otel.scope.name": "mine"})
    assert scraped.series() == [
        'orders_total{otel_scope_name="shop",otel_scope_version="1.2",shop="a"} 1.0',
        'orders_total{exported_otel_scope_name="mine",otel_scope_name="other"} 2.0',
    ]


def test_labels_that_prometheus_needs_are_exported(scraped: _Scraped) -> None:
    """`le` on a histogram and `__name__` anywhere are renamed instead of breaking the scrape."""
    histogram = scraped.meter.create_histogram("d", explicit_bucket_boundaries_advisory=[])
    histogram.record(1, {"le": "x", "exported.le": "y", "__name__": "z"})
    scraped.meter.create_counter("c").add(1, {"le": "x"})
    assert scraped.series() == [
        'd_bucket{exported_le="y;x",exported_name__="z",le="+Inf"} 1.0',
        'd_count{exported_le="y;x",exported_name__="z"} 1.0',
        'd_sum{exported_le="y;x",exported_name__="z"} 1.0',
        'c_total{le="x"} 1.0',
    ]


def test_values_that_are_no_numbers(caplog: pytest.LogCaptureFixture) -> None:
    """A gauge may be anything; a counter that is negative or no number is left out, and said."""
    values = (float("nan"), float("inf"), -1.0, 2, 10**400, -(10**400))
    points = [NumberDataPoint({"n": n}, 0, 0, value) for n, value in enumerate(values)]
    counts = Sum(points, AggregationTemporality.CUMULATIVE, is_monotonic=True)
    assert _series_of(SdkMetric("g", "", "", Gauge(points))) == [
        'g{n="0"} NaN',
        'g{n="1"} +Inf',
        'g{n="2"} -1.0',
        'g{n="3"} 2.0',
        'g{n="4"} +Inf',
        'g{n="5"} -Inf',
    ]
    assert _series_of(SdkMetric("c", "", "", counts)) == [
        'c_total{n="1"} +Inf',
        'c_total{n="3"} 2.0',
        'c_total{n="4"} +Inf',
    ]
    assert [said for said in _warnings(caplog) if "must be >= 0, got nan" in said]
    assert [said for said in _warnings(caplog) if "must be >= 0, got -1.0" in said]


@pytest.mark.parametrize(
    ("bounds", "total", "low"),
    [((0.0,), 5.0, -1.0), ((0.0,), -1.0, 0.0), ((-1.0, 0.0), 3.0, 3.0), ((), float("nan"), 0.0)],
)
def test_sum_that_can_fall_is_left_out(bounds: tuple[float, ...], total: float, low: float) -> None:
    """Where negative values can make a histogram's sum fall, Prometheus gets no sum of it."""
    counts = [1] * (len(bounds) + 1)
    point = HistogramDataPoint({}, 0, 0, sum(counts), total, counts, bounds, low, 5.0)
    data = Histogram([point], AggregationTemporality.CUMULATIVE)
    series = _series_of(SdkMetric("d", "", "", data))
    assert {line.split("{")[0].split(" ")[0] for line in series} == {"d_bucket", "d_count"}


def test_infinite_bound_is_not_said_twice() -> None:
    """Bounds that end in infinity, as older SDKs admit, give one `+Inf` bucket."""
    distribution = Distribution.of_buckets(
        (1.0, float("inf")), (0, 1, 0), sum_=3, low=3, start_ns=0, exemplars=()
    )
    assert distribution.bounds == (1.0,)
    assert distribution.cumulative == (0,)
    assert distribution.count == 1


def test_delta_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    """Delta data would be read as totals: it is left out, and said once."""
    memory = InMemoryMetricReader(
        preferred_temporality={
            sdk.Counter: AggregationTemporality.DELTA,
            sdk.Histogram: AggregationTemporality.DELTA,
        }
    )
    meter = MeterProvider([memory], shutdown_on_exit=False).get_meter("shop")
    meter.create_counter("orders").add(1)
    meter.create_histogram("d").record(1)
    meter.create_up_down_counter("depth").add(1)
    data = memory.get_metrics_data()
    assert data is not None
    families = Exposition(target_info=False).families(list(data.resource_metrics))
    assert [family.name for family in families] == ["depth"]
    assert len([said for said in _warnings(caplog) if "got deltas" in said]) == 2


def test_broken_point_costs_its_own_metric_only(caplog: pytest.LogCaptureFixture) -> None:
    """A point that is no point leaves out its metric, logged once; the others are there."""

    def metric(name: str, value: object) -> SdkMetric:
        point = NumberDataPoint({}, 0, 0, value)
        return SdkMetric(name, "", "", Sum([point], AggregationTemporality.CUMULATIVE, True))

    assert _series_of(metric("a", "x"), metric("b", 1)) == ["b_total 1.0"]
    (said,) = _warnings(caplog)
    assert said.startswith("'a' is left out of /metrics: ValueError")


def test_text_that_utf8_cannot_hold(scraped: _Scraped) -> None:
    """A lone surrogate, as os.fsdecode makes them, does not cost the scrape."""
    scraped.meter.create_counter("files", description="of \ud800").add(1, {"path": "a\udcffb"})
    assert scraped.series() == ['files_total{path="a?b"} 1.0']


def _in_span(record: object, *arguments: object) -> trace.SpanContext:
    span = TracerProvider(shutdown_on_exit=False).get_tracer("t").start_span("s")
    token = context.attach(trace.set_span_in_context(span))
    try:
        record(*arguments)
    finally:
        context.detach(token)
        span.end()
    return span.get_span_context()


def test_exemplars_carry_the_trace(scraped: _Scraped) -> None:
    """In OpenMetrics a bucket and a counter show the trace that was measured; plain text none."""
    histogram = scraped.meter.create_histogram("d", explicit_bucket_boundaries_advisory=[1, 2])
    histogram.record(0.5)
    slow = _in_span(histogram.record, 1.5)
    counter = scraped.meter.create_counter("orders")
    ordered = _in_span(counter.add, 2)
    gauge = scraped.meter.create_gauge("level")
    _in_span(gauge.set, 3)

    body, _ = scraped.reader.expose(_OPENMETRICS)
    exemplars = {
        (sample.name, sample.labels.get("le")): sample.exemplar
        for family in openmetrics(body.decode())
        for sample in family.samples
        if sample.exemplar
    }
    assert {key: one.labels["trace_id"] for key, one in exemplars.items()} == {
        ("d_bucket", "2.0"): f"{slow.trace_id:032x}",
        ("orders_total", None): f"{ordered.trace_id:032x}",
    }
    bucket = exemplars["d_bucket", "2.0"]
    assert bucket.labels["span_id"] == f"{slow.span_id:016x}"
    assert bucket.value == 1.5
    assert bucket.timestamp is not None
    assert "trace_id" not in "".join(scraped.lines())


@pytest.mark.parametrize(("length", "kept"), [(10, True), (200, False)])
def test_exemplar_keeps_to_128_characters(length: int, kept: bool) -> None:
    """Attributes that a view took from the series go into the exemplar as long as they fit."""
    view = View(
        instrument_name="d",
        attribute_keys={"kept"},
        aggregation=ExplicitBucketHistogramAggregation([1.0]),
    )
    scraped = _Scraped(view)
    histogram = scraped.meter.create_histogram("d")
    _in_span(histogram.record, 0.5, {"kept": "a", "user.tier": "x" * length})
    (line,) = [line for line in scraped.series(_OPENMETRICS) if "#" in line]
    assert ('user_tier="' in line) == kept
    assert 'trace_id="' in line


def test_exemplar_that_says_nothing_is_left_out() -> None:
    """An exemplar without a trace and attributes, or of no number, is not shown."""
    said = Exemplar({}, 0.7, 3, span_id=0xB, trace_id=0xA)
    silent = Exemplar({}, 1.5, 2)
    nowhere = Exemplar({}, float("nan"), 1, span_id=0xB, trace_id=0xA)
    point = HistogramDataPoint(
        {}, 0, 0, 2, 2.2, [1, 1], [1.0], 0.7, 1.5, exemplars=[said, silent, nowhere]
    )
    data = Histogram([point], AggregationTemporality.CUMULATIVE)
    scope = ScopeMetrics(InstrumentationScope("s"), [SdkMetric("d", "", "", data)], "")
    families = Exposition().families([ResourceMetrics(Resource({}), [scope], "")])
    body, _ = encoded(families, _OPENMETRICS)
    assert [line for line in body.decode().splitlines() if " # " in line] == [
        f'd_bucket{{le="1.0"}} 1.0 # {{span_id="{0xB:016x}",trace_id="{0xA:032x}"}} 0.7 3e-09'
    ]


def test_largest_exemplar_of_a_bucket_is_shown() -> None:
    """Of several exemplars in one bucket the largest value is shown, of equal ones the newest."""
    exemplars = [
        Exemplar({}, value, time, span_id=1, trace_id=time)
        for value, time in ((0.5, 1), (0.9, 2), (0.9, 4), (0.9, 3), (0.6, 5))
    ]
    point = HistogramDataPoint({}, 0, 0, 5, 3.8, [5, 0], [1.0], 0.5, 0.9, exemplars=exemplars)
    data = Histogram([point], AggregationTemporality.CUMULATIVE)
    scope = ScopeMetrics(InstrumentationScope("s"), [SdkMetric("d", "", "", data)], "")
    (family,) = Exposition().families([ResourceMetrics(Resource({}), [scope], "")])
    shown = [sample.exemplar for sample in family.samples if sample.exemplar]
    assert [one.labels["trace_id"] for one in shown] == [f"{4:032x}"]


def test_start_is_exposed_when_asked_for() -> None:
    """With `created` each counter and histogram says since when it counts."""
    scraped = _Scraped(reader=PrometheusReader(target_info=False, created=True))
    scraped.meter.create_counter("c").add(1)
    scraped.meter.create_histogram("d", explicit_bucket_boundaries_advisory=[]).record(1)
    scraped.meter.create_gauge("g").set(1)
    created = {
        sample.name: sample.value
        for family in openmetrics("\n".join(scraped.lines(_OPENMETRICS)) + "\n")
        for sample in family.samples
        if sample.name.endswith("_created")
    }
    assert set(created) == {"c_created", "d_created"}
    assert all(value > 1_600_000_000 for value in created.values())


def test_concurrent_scrapes_each_have_everything(scraped: _Scraped) -> None:
    """Scrapes at the same time each get every series, observed ones included."""
    scraped.meter.create_observable_gauge("g", _observed(*range(20)))
    scraped.meter.create_counter("c").add(1)
    expected = scraped.lines()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: scraped.lines(), range(64)))
    assert all(answer == expected for answer in answers)


def test_scrape_does_not_wait_forever() -> None:
    """While a callback hangs, the next scrape fails in time and says where to look."""
    scraped = _Scraped(reader=PrometheusReader(timeout=0.05))
    entered, release = threading.Event(), threading.Event()

    def hang(_: CallbackOptions) -> Iterable[Observation]:
        entered.set()
        release.wait(30)
        return [Observation(1)]

    scraped.meter.create_observable_gauge("g", [hang])
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(scraped.lines)
        assert entered.wait(30)
        with pytest.raises(TimeoutError, match=r"within 0\.05 seconds.*callback blocks"):
            scraped.reader.expose()
        release.set()
        first.exception(30)
    assert "g 1.0" in scraped.lines()


def test_timeout_must_be_positive() -> None:
    """A scrape that may not take any time is refused."""
    with pytest.raises(ConfigurationError, match="timeout must be > 0 seconds, got 0"):
        PrometheusReader(timeout=0)


def test_totals_outlive_shutdown(scraped: _Scraped) -> None:
    """A scrape during shutdown still reads the last totals."""
    scraped.meter.create_counter("orders").add(1)
    assert scraped.reader.force_flush()
    scraped.provider.shutdown()
    assert scraped.series() == ["orders_total 1.0"]
