"""`nf.Sampler` under the user's own tracer provider: what it keeps, counts and survives."""

from __future__ import annotations

import copy
import logging
import pickle
import re
from collections.abc import Mapping
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, Decision, ParentBased
from opentelemetry.sdk.trace.sampling import Sampler as SdkSampler
from opentelemetry.trace import (
    INVALID_SPAN,
    NonRecordingSpan,
    NoOpTracerProvider,
    SpanContext,
    SpanKind,
    TraceFlags,
    TraceState,
    set_span_in_context,
)
from tests.support.child import run

import ninefold as nf
from ninefold.errors import ConfigurationError
from ninefold.registry import SAMPLING_DECISIONS
from ninefold.testing import CapturedTelemetry

HIGH, LOW = (1 << 128) - 1, (0xABC << 64) + 1
"""Trace ids that every share above 0 keeps, and none below 1."""

RULES = (
    nf.Rule(path="/pay/*", rate=1.0),
    nf.Rule(path="/probe", drop=True, override=True),
    nf.Rule(method="POST", drop=True),
    nf.Rule(attributes={"tenant": "acme"}, rate=1.0),
)


class Provider:
    """A tracer provider of the user's, and what its exporter got."""

    def __init__(self, sampler: SdkSampler) -> None:
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider(sampler=sampler, shutdown_on_exit=False)
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracer = self.provider.get_tracer("test")

    @property
    def names(self) -> list[str]:
        return [span.name for span in self.exporter.get_finished_spans()]

    def start(self, name: str, attributes: Mapping[str, Any] | None = None, **more: Any) -> None:
        self.tracer.start_span(name, attributes=attributes, **more).end()


def below(
    *, sampled: bool, remote: bool, trace_id: int = HIGH, state: TraceState | None = None
) -> Context:
    """A context with this parent in it."""
    parent = SpanContext(trace_id, 1, remote, TraceFlags(int(sampled)), state)
    return set_span_in_context(NonRecordingSpan(parent), Context())


def told(sampler: SdkSampler, context: Context | None = None, **more: Any) -> tuple[Decision, str]:
    """What becomes of a span, and the trace state that goes on."""
    result = sampler.should_sample(context or Context(), more.pop("trace_id", HIGH), "a", **more)
    return result.decision, result.trace_state.to_header() if result.trace_state else ""


@pytest.fixture(params=[False, True], ids=["alone", "in ParentBased"])
def around(request: pytest.FixtureRequest) -> Any:
    """The sampler as it is, or as the root of `ParentBased`."""
    return (
        (lambda sampler: ParentBased(root=sampler)) if request.param else (lambda sampler: sampler)
    )


def test_rules_decide_on_roots_by_what_a_span_starts_with(around: Any) -> None:
    """Route before path; and what instrumentations write that keep to the older conventions."""
    own = Provider(around(nf.Sampler(nf.Sampling(default=0.0, rules=RULES))))
    own.start("route", {"http.route": "/pay/{card}", "url.path": "/probe"})
    own.start("route, not path", {"http.route": "/{all:path}", "url.path": "/pay/cards"})
    own.start("path", {"url.path": "/pay/cards"})
    own.start("older", {"http.target": "/pay/cards?n=1", "http.method": "POST"})
    own.start("older query", {"http.target": "/search?next=/pay/cards"})
    own.start("method", {"url.path": "/search", "http.request.method": "POST", "tenant": "acme"})
    own.start("tenant", {"url.path": "/search", "tenant": "acme"})
    own.start("none")
    assert own.names == ["route", "path", "older", "tenant"]


def test_what_is_below_follows_in_the_process_and_a_caller_is_respected(around: Any) -> None:
    """With `ParentBased` around it or without: the same."""
    own = Provider(around(nf.Sampler(nf.Sampling(default=0.0, rules=RULES))))
    with own.tracer.start_as_current_span("kept", attributes={"tenant": "acme"}):
        own.start("probe within", {"url.path": "/probe"})
    with own.tracer.start_as_current_span("dropped"):
        own.start("payment within", {"url.path": "/pay/cards"})
    for sampled in (True, False):
        for remote in (True, False):
            where = f"{'remote' if remote else 'local'} {'kept' if sampled else 'dropped'}"
            own.start(where, context=below(sampled=sampled, remote=remote))
    assert own.names == ["probe within", "kept", "remote kept", "local kept"]


def test_a_remote_parent_counts_for_as_much_as_is_said() -> None:
    """`ignore` decides anew by the trace's own randomness; a rule that overrides comes first."""
    ignoring = nf.Sampler(nf.Sampling(default=0.5, parent="ignore", rules=RULES))
    respecting = nf.Sampler(nf.Sampling(default=0.5, rules=RULES))
    kept, dropped = Decision.RECORD_AND_SAMPLE, Decision.DROP
    for sampled in (True, False):
        for trace_id, anew in ((HIGH, kept), (LOW, dropped)):
            context = below(sampled=sampled, remote=True, trace_id=trace_id)
            assert told(ignoring, context, trace_id=trace_id)[0] is anew
            respected = kept if sampled else dropped
            assert told(respecting, context, trace_id=trace_id)[0] is respected
            probe = {"url.path": "/probe"}
            assert told(respecting, context, trace_id=trace_id, attributes=probe)[0] is dropped
    # Within the process a trace is whole, whatever is said of callers.
    assert told(ignoring, below(sampled=False, remote=False))[0] is dropped
    assert told(ignoring, below(sampled=True, remote=False, trace_id=LOW), trace_id=LOW)[0] is kept


def test_a_span_of_no_provider_is_no_parent() -> None:
    """What a tracer without an SDK starts: the trace begins below it, by our rules."""
    own = Provider(nf.Sampler(nf.Sampling(default=1.0)))
    nothing = NoOpTracerProvider().get_tracer("none").start_span("nothing", context=Context())
    for span in (INVALID_SPAN, nothing):
        own.start("root", context=set_span_in_context(span, Context()))
    # One that passes a caller's decision on is what the caller is; API 1.30 makes none.
    caller = below(sampled=False, remote=True)
    passing = NoOpTracerProvider().get_tracer("none").start_span("passing", context=caller)
    own.start("below", context=set_span_in_context(passing, Context()))
    passes = passing.get_span_context().is_valid
    assert own.names == ["root", "root"] + ([] if passes else ["below"])


def test_others_entries_of_the_trace_state_travel_on_in_their_order() -> None:
    """Through the SDK's provider of today, which hands no trace state over."""
    own = Provider(nf.Sampler(nf.Sampling(default=0.5, parent="ignore")))
    state = TraceState([("vendor", "x"), ("ot", "th:0;rv:ffffffffffffff;a:b"), ("other", "y")])
    span = own.tracer.start_span("a", context=below(sampled=False, remote=True, state=state))
    header = span.get_span_context().trace_state.to_header()
    assert header == "ot=th:8;rv:ffffffffffffff;a:b,vendor=x,other=y"
    with trace.use_span(span, end_on_exit=True):
        within = own.tracer.start_span("b")
    assert within.get_span_context().trace_state.to_header() == header


def test_a_trace_state_that_is_handed_over_counts_where_the_parent_has_none() -> None:
    """As the SDK will once opentelemetry-python#5578 is mended."""
    sampler = nf.Sampler(nf.Sampling(default=0.5, parent="ignore", target_per_s=None))
    given = TraceState([("ot", "rv:00000000000000"), ("given", "1")])
    parents = TraceState([("ot", "rv:ffffffffffffff"), ("parent", "1")])
    none = below(sampled=True, remote=True)
    both = below(sampled=True, remote=True, state=parents)
    kept, dropped = Decision.RECORD_AND_SAMPLE, Decision.DROP
    assert told(sampler, trace_state=given) == (dropped, "ot=rv:00000000000000,given=1")
    assert told(sampler, none, trace_state=given) == (dropped, "ot=rv:00000000000000,given=1")
    assert told(sampler, both, trace_state=given) == (kept, "ot=th:8;rv:ffffffffffffff,parent=1")
    assert told(sampler, both) == (kept, "ot=th:8;rv:ffffffffffffff,parent=1")
    # What is no parent has no state either.
    no_parent = SpanContext(0, 1, True, trace_state=parents)
    context = set_span_in_context(NonRecordingSpan(no_parent), Context())
    assert told(sampler, context) == (kept, "ot=th:8")


class _Unequal(str):
    """An attribute's value that cannot be compared: so are arrays of numpy."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        raise ValueError("the truth value of an array is ambiguous")


@pytest.mark.parametrize("trace_id", [HIGH, LOW])
@pytest.mark.parametrize("set_up", [False, True], ids=["plain", "of setup()"])
def test_a_fault_never_reaches_the_application(
    telemetry: CapturedTelemetry, caplog: pytest.LogCaptureFixture, trace_id: int, set_up: bool
) -> None:
    """A root goes by the default share then, and all else as its parent; the fault is told."""
    sampling = nf.Sampling(default=0.5, rules=RULES)
    service = nf.setup("shop", sampling=sampling)
    telemetry.capture(service, sampled=True)
    sampler: SdkSampler = nf.Sampler(sampling)
    if set_up:
        sampler = trace.get_tracer_provider().sdk_provider().sampler  # type: ignore[attr-defined]
    broken = {"tenant": _Unequal("acme")}
    anew = Decision.RECORD_AND_SAMPLE if trace_id == HIGH else Decision.DROP
    entry = "ot=th:8" if trace_id == HIGH else ""
    with caplog.at_level(logging.WARNING, "ninefold"):
        assert told(sampler, trace_id=trace_id, attributes=broken) == (anew, entry)
    for sampled in (True, False):
        state = TraceState([("vendor", "x")])
        context = below(sampled=sampled, remote=True, trace_id=trace_id, state=state)
        overriding = nf.Sampler(
            nf.Sampling(rules=[nf.Rule(attributes={"tenant": "a"}, drop=True, override=True)])
        )
        decision = Decision.RECORD_AND_SAMPLE if sampled else Decision.DROP
        assert told(overriding, context, attributes=broken) == (decision, "vendor=x")
    [lost] = telemetry.points("ninefold.telemetry.dropped")
    assert getattr(lost, "value", 0) == 3
    assert any("truth value" in record.getMessage() for record in caplog.records)


def test_what_cannot_even_fall_back_is_dropped() -> None:
    """Nothing but the decision is lost."""
    sampler = nf.Sampler(nf.Sampling())
    nonsense: Any = "no trace id"
    assert told(sampler, trace_id=nonsense) == (Decision.DROP, "")


def test_a_service_counts_the_decisions_while_it_is_set_up(telemetry: CapturedTelemetry) -> None:
    """By rule, under a provider of the user's."""
    own = Provider(nf.Sampler(nf.Sampling(default=0.0, rules=RULES)))
    telemetry.capture(nf.setup("shop"))
    with own.tracer.start_as_current_span("a", attributes={"url.path": "/pay/cards"}):
        own.start("within")
    own.start("b")
    own.start("c", context=below(sampled=True, remote=True))
    found = {
        (at["ninefold.sampling.rule"], at["ninefold.sampling.decision"]): getattr(point, "value", 0)
        for point in telemetry.points(SAMPLING_DECISIONS.name)
        for at in [point.attributes or {}]
    }
    assert found == {
        ("path=/pay/*", "kept"): 1,
        ("default", "dropped"): 1,
        ("parent", "kept"): 1,
    }


def test_the_global_meter_provider_counts_where_nobody_calls_setup() -> None:
    """One that is set after the sampler was made too; nothing is counted twice."""
    printed = run(
        """
        import ninefold as nf
        from opentelemetry import metrics
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader
        from opentelemetry.sdk.trace import TracerProvider

        tracer = TracerProvider(sampler=nf.Sampler(nf.Sampling(default=0.0))).get_tracer("a")
        reader = InMemoryMetricReader()
        metrics.set_meter_provider(MeterProvider([reader]))
        for _ in range(3):
            tracer.start_span("a").end()
        [resource] = reader.get_metrics_data().resource_metrics
        [scope] = resource.scope_metrics
        for metric in scope.metrics:
            for point in metric.data.data_points:
                print(metric.name, *point.attributes.values(), point.value)
        """
    )
    assert printed.splitlines() == ["ninefold.sampling.decisions default dropped 3"]


def test_a_disabled_sdk_has_nothing_counted() -> None:
    """And decisions go on, for whoever asks."""
    printed = run(
        """
        import ninefold as nf
        from opentelemetry import metrics
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader

        reader = InMemoryMetricReader()
        metrics.set_meter_provider(MeterProvider([reader]))
        nf.setup("shop")
        print(nf.Sampler(nf.Sampling()).should_sample(None, 1, "a").decision)
        print(reader.get_metrics_data())
        """,
        env={"OTEL_SDK_DISABLED": "true"},
    )
    assert printed.split() == ["Decision.RECORD_AND_SAMPLE", "None"]


def test_the_description_tells_all_that_was_said() -> None:
    """Inside that of `ParentBased` too."""
    rules = (*RULES[:2], nf.Rule(kind="consumer", per_second=5))
    sampler = nf.Sampler(nf.Sampling(default=0.1, parent="ignore", rules=rules, target_per_s=20))
    assert sampler.get_description() == (
        "NinefoldSampler{default=0.1, parent=ignore, rules=[path=/pay/* rate=1.0,"
        " path=/probe override drop, kind=consumer per_second=5], target_per_s=20}"
    )
    around: Any = ParentBased(root=sampler)
    assert sampler.get_description() in around.get_description()


def test_it_is_a_sampler_of_the_sdk_that_can_be_copied_and_pickled() -> None:
    """Patterns and attributes of rules included; a copy decides alike."""
    rules = [nf.Rule(attributes={"tenant": re.compile("^acme"), "card": True}, drop=True)]
    sampler = nf.Sampler(nf.Sampling(default=1.0, rules=rules))
    for other in (pickle.loads(pickle.dumps(sampler)), copy.deepcopy(sampler)):
        assert isinstance(other, SdkSampler)
        assert other.get_description() == sampler.get_description()
        acme = {"tenant": "acme-2", "card": "visa"}
        assert told(other, attributes=acme)[0] is Decision.DROP
        assert told(other)[0] is Decision.RECORD_AND_SAMPLE
    assert pickle.loads(pickle.dumps(rules)) == rules


@pytest.mark.parametrize("said", [0.1, None, {"default": 0.1}, ALWAYS_ON])
def test_what_is_no_sampling_is_refused(said: Any) -> None:
    """With what to write."""
    with pytest.raises(ConfigurationError, match=r"write nf\.Sampler\(nf\.Sampling\(default=0\.1"):
        nf.Sampler(said)


def test_traces_are_kept_for_how_they_end_by_setup_alone() -> None:
    """A sampler cannot hold spans back; rules by route want that as well."""
    for rules in ([], [nf.Rule(route="/pay/{card}", rate=1.0)]):
        sampling = nf.Sampling(keep=nf.Keep(slower_than=1.0), rules=rules)
        with pytest.raises(ConfigurationError, match=r"got keep=Keep\(.*write nf\.setup\("):
            nf.Sampler(sampling)


def test_a_rule_that_never_decides_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    """As `setup()` does."""
    rules = [nf.Rule(path="/pay/*", rate=1.0), nf.Rule(path="/pay/cards", drop=True)]
    with caplog.at_level(logging.WARNING, "ninefold"):
        nf.Sampler(nf.Sampling(rules=rules))
    [record] = caplog.records
    assert "'path=/pay/cards' never decides: 'path=/pay/*'" in record.getMessage()


def test_the_kind_of_a_span_is_seen() -> None:
    """As rules name it."""
    own = Provider(nf.Sampler(nf.Sampling(default=0.0, rules=[nf.Rule(kind="consumer", rate=1.0)])))
    own.start("consumer", kind=SpanKind.CONSUMER)
    own.start("internal")
    assert own.names == ["consumer"]
