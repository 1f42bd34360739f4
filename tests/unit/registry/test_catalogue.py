"""The catalogue holds exactly what the design promises, and agrees with the conventions."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from typing import get_args

import pytest

from ninefold import registry
from ninefold.registry._facts import load_facts

HTTP = "http.request.method"
METHOD_SCHEME = (HTTP, "url.scheme")
OPERATION = "ninefold.operation.name"
DEPENDENCY = "ninefold.dependency.name"
OUTCOME = "ninefold.outcome"
REASON = "ninefold.reason"

# name: instrument, unit, attributes in order; None where the conventions list them.
PROMISED: dict[str, tuple[str, str, tuple[str, ...] | None]] = {
    "http.server.request.duration": (
        "histogram",
        "s",
        (
            *METHOD_SCHEME,
            "http.route",
            "http.response.status_code",
            "error.type",
            "network.protocol.version",
        ),
    ),
    "http.server.active_requests": ("updowncounter", "{request}", METHOD_SCHEME),
    "http.client.request.duration": (
        "histogram",
        "s",
        (
            HTTP,
            "server.address",
            "server.port",
            "http.response.status_code",
            "error.type",
            "network.protocol.version",
        ),
    ),
    "db.client.operation.duration": ("histogram", "s", None),
    "messaging.client.operation.duration": ("histogram", "s", None),
    "messaging.process.duration": ("histogram", "s", None),
    "ninefold.sli.events": ("counter", "{event}", ("ninefold.slo.name", OUTCOME)),
    "ninefold.operation.duration": ("histogram", "s", (OPERATION, OUTCOME, "error.type")),
    "ninefold.events": ("counter", "{event}", (OPERATION, OUTCOME)),
    "ninefold.freshness.timestamp": ("gauge", "s", (OPERATION,)),
    "ninefold.saturation.utilization": ("gauge", "1", ("ninefold.saturation.name",)),
    "ninefold.throughput.arrived": ("counter", "{item}", (OPERATION,)),
    "ninefold.throughput.processed": ("counter", "{item}", (OPERATION,)),
    "ninefold.throughput.backlog": ("updowncounter", "{item}", (OPERATION,)),
    "ninefold.dependency.call.duration": (
        "histogram",
        "s",
        (DEPENDENCY, OUTCOME, REASON, "error.type"),
    ),
    "ninefold.dependency.attempts": ("counter", "{attempt}", (DEPENDENCY, OUTCOME)),
    "ninefold.retry.suppressed": ("counter", "{retry}", (DEPENDENCY, REASON)),
    "ninefold.breaker.status": (
        "updowncounter",
        "{breaker}",
        (DEPENDENCY, "ninefold.breaker.state"),
    ),
    "ninefold.breaker.transitions": (
        "counter",
        "{transition}",
        (DEPENDENCY, "ninefold.breaker.state"),
    ),
    "ninefold.bulkhead.usage": ("updowncounter", "{call}", (DEPENDENCY,)),
    "ninefold.bulkhead.limit": ("updowncounter", "{call}", (DEPENDENCY,)),
    "ninefold.health.status": (
        "updowncounter",
        "{dependency}",
        (DEPENDENCY, "ninefold.health.state"),
    ),
    "ninefold.health.check.duration": ("histogram", "s", (DEPENDENCY, OUTCOME, "error.type")),
    "ninefold.sampling.decisions": (
        "counter",
        "{trace}",
        ("ninefold.sampling.rule", "ninefold.sampling.decision"),
    ),
    "ninefold.sampling.buffer.dropped": ("counter", "{span}", (REASON,)),
    "ninefold.telemetry.dropped": ("counter", "{item}", ("ninefold.signal", REASON)),
    "process.cpu.time": ("counter", "s", ("cpu.mode",)),
    "process.memory.usage": ("updowncounter", "By", ()),
    "process.thread.count": ("updowncounter", "{thread}", ()),
    "cpython.gc.collections": ("counter", "{collection}", ("cpython.gc.generation",)),
    "cpython.gc.collected_objects": ("counter", "{object}", ("cpython.gc.generation",)),
    "cpython.gc.uncollectable_objects": ("counter", "{object}", ("cpython.gc.generation",)),
    "ninefold.event_loop.lag": ("gauge", "s", ()),
}

# Closed attributes and all that they can say, whichever the metric.
CLOSED = {
    OUTCOME: (
        *("good", "bad"),
        *("success", "failure", "ignored", "cancelled", "fallback", "rejected", "timeout"),
    ),
    REASON: (
        *("open", "bulkhead", "deadline", "budget", "nested"),
        *("queue_full", "export_failed", "invalid_value", "cardinality", "internal_error"),
        *("buffer_bytes", "buffer_age", "buffer_spans"),
    ),
    "ninefold.breaker.state": (
        *("closed", "open", "half_open", "forced_open", "forced_closed", "shadow"),
    ),
    "ninefold.health.state": ("up", "degraded", "down", "unknown", "starting", "draining"),
    "ninefold.sampling.decision": ("kept", "dropped", "deferred_kept", "deferred_dropped"),
    "ninefold.signal": ("metrics", "traces", "logs"),
}

# What one metric's attribute can say, where that is less.
NARROWED = {
    ("ninefold.sli.events", OUTCOME): ("good", "bad"),
    ("ninefold.events", OUTCOME): ("good", "bad"),
    ("ninefold.operation.duration", OUTCOME): ("success", "failure", "ignored", "cancelled"),
    ("ninefold.dependency.call.duration", OUTCOME): (
        *("success", "failure", "fallback", "rejected", "cancelled"),
    ),
    ("ninefold.dependency.call.duration", REASON): ("open", "bulkhead", "deadline"),
    ("ninefold.dependency.attempts", OUTCOME): ("success", "failure", "timeout", "cancelled"),
    ("ninefold.health.check.duration", OUTCOME): ("success", "failure", "timeout", "cancelled"),
    ("ninefold.retry.suppressed", REASON): ("budget", "deadline", "open", "nested"),
    ("ninefold.sampling.buffer.dropped", REASON): ("buffer_bytes", "buffer_age", "buffer_spans"),
}

STANDARD = [metric for metric in registry.METRICS.values() if metric.standard]
HISTOGRAMS = [metric for metric in registry.METRICS.values() if metric.kind == "histogram"]


def name(metric: registry.AnyMetric) -> str:
    """A metric's name, as the test's id."""
    return metric.name


def test_the_catalogue_has_exactly_the_promised_metrics() -> None:
    """No metric of the design is missing, and none is there that it does not name."""
    assert sorted(registry.METRICS) == sorted(PROMISED)


@pytest.mark.parametrize("promised", PROMISED)
def test_a_metric_is_as_promised(promised: str) -> None:
    """Instrument, unit and the attributes' order are the design's."""
    kind, unit, attributes = PROMISED[promised]
    metric = registry.METRICS[promised]  # type: ignore[index]  # parametrised by plain text
    assert (metric.kind, metric.unit) == (kind, unit)
    if attributes is not None:
        assert metric.attributes == attributes


@pytest.mark.parametrize("metric", STANDARD, ids=name)
def test_a_standard_metric_agrees_with_the_conventions(metric: registry.AnyMetric) -> None:
    """Name, instrument, unit, stability and levels are the conventions', and nothing is opt-in."""
    fact = load_facts().metrics[metric.name]
    assert (metric.kind, metric.unit) == (fact["instrument"], fact["unit"])
    assert metric.stability == fact["stability"]
    levels = fact.get("attributes", {})
    assert metric.levels == {key: levels[key] for key in metric.attributes}
    assert "opt_in" not in metric.levels.values()
    assert {key for key, level in levels.items() if level == "required"} <= {*metric.attributes}
    assert "deprecated" not in fact


def test_client_metrics_carry_all_but_the_opt_in_attributes() -> None:
    """Databases and messaging say everything that the conventions list without opting in."""
    for metric in (
        registry.DB_CLIENT_OPERATION_DURATION,
        registry.MESSAGING_CLIENT_OPERATION_DURATION,
        registry.MESSAGING_PROCESS_DURATION,
    ):
        levels = load_facts().metrics[metric.name]["attributes"]
        assert set(metric.attributes) == {k for k, level in levels.items() if level != "opt_in"}


@pytest.mark.parametrize("metric", HISTOGRAMS, ids=name)
def test_boundaries_ascend_strictly(metric: registry.HistogramMetric) -> None:
    """A histogram has boundaries above zero, each greater than the one before."""
    assert metric.boundaries
    assert metric.boundaries[0] > 0
    assert all(lower < upper for lower, upper in pairwise(metric.boundaries))


def test_only_histograms_have_boundaries() -> None:
    """Another instrument has no buckets to be asked for."""
    assert [m.name for m in registry.METRICS.values() if m.boundaries] == [
        metric.name for metric in HISTOGRAMS
    ]


def test_http_boundaries_are_those_that_the_conventions_advise() -> None:
    """Dashboards made for the conventions' buckets work on ninefold's."""
    advised = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
    assert registry.HTTP_SERVER_REQUEST_DURATION.boundaries == advised
    assert registry.HTTP_CLIENT_REQUEST_DURATION.boundaries == advised


@pytest.mark.parametrize("key", CLOSED)
def test_a_closed_attribute_has_exactly_its_values(key: str) -> None:
    """The closed values are the design's, each once."""
    values = registry.ATTRIBUTES[key].values  # type: ignore[index]  # parametrised by plain text
    assert values is not None
    assert sorted(map(str, values)) == sorted(CLOSED[key])


@pytest.mark.parametrize(("metric", "key"), NARROWED)
def test_a_metric_narrows_a_closed_attribute(metric: str, key: str) -> None:
    """A metric's outcome and reason are those that can happen there."""
    declared = registry.METRICS[metric]  # type: ignore[index]  # parametrised by plain text
    assert declared.values[key] == NARROWED[metric, key]


def test_literal_types_say_what_the_attributes_can() -> None:
    """A type checker knows the same values as the catalogue does at run time."""
    assert get_args(registry.Outcome) == registry.ATTRIBUTES[OUTCOME].values
    assert get_args(registry.HttpRequestMethod) == registry.ATTRIBUTES[HTTP].values
    assert get_args(registry.BufferDropReason) == registry.SAMPLING_BUFFER_DROPPED.values[REASON]
    assert get_args(registry.MetricName) == tuple(registry.METRICS)
    assert get_args(registry.AttributeName) == tuple(registry.ATTRIBUTES)


def test_http_error_types_stay_open_for_statuses() -> None:
    """error.type of a server's request names five failures, and any status of 500 or more."""
    assert get_args(registry.HttpServerErrorType) == (
        *("client_disconnected", "timeout", "cancelled", "incomplete_response", "_OTHER"),
    )
    assert "error.type" not in registry.HTTP_SERVER_REQUEST_DURATION.values


def test_every_attribute_of_a_metric_is_in_the_catalogue() -> None:
    """Each key that a point can carry has its type and a sentence on it."""
    used = {key for metric in registry.METRICS.values() for key in metric.attributes}
    assert used <= set(registry.ATTRIBUTES)
    assert all(attribute.brief for attribute in registry.ATTRIBUTES.values())


def test_spans_and_the_resource_find_their_keys() -> None:
    """Keys that no metric carries are constants of the catalogue as well."""
    assert registry.ATTR_URL_PATH == "url.path"
    assert registry.ATTR_SERVICE_PEER_NAME == "service.peer.name"
    assert registry.ATTR_DEPLOYMENT_ENVIRONMENT_NAME == "deployment.environment.name"
    assert registry.ATTR_SERVICE_OWNER == "ninefold.service.owner"
    assert registry.ATTR_OTEL_METRIC_OVERFLOW == "otel.metric.overflow"


def test_a_metric_can_be_a_key_and_cannot_be_changed() -> None:
    """Metrics are hashable constants whose tables are read-only."""
    metric = registry.SLI_EVENTS
    assert {metric: 1}[registry.SLI_EVENTS] == 1
    with pytest.raises(AttributeError):
        metric.unit = "1"  # type: ignore[misc]  # that is the point
    with pytest.raises(TypeError):
        metric.levels[OUTCOME] = "opt_in"  # type: ignore[index]  # that is the point


def test_importing_the_catalogue_reads_no_file_of_data() -> None:
    """The facts and YAML stay unread until something asks for them."""
    code = (
        "import sys, ninefold.registry;"
        "print([m for m in ('yaml', 'ninefold.registry._facts') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ran.stdout.strip() == "[]"
