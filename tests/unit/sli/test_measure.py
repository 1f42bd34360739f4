"""service.measure: what it accepts, remembers, and counts for."""

from __future__ import annotations

import enum
import os
import weakref
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags
from tests.support.child import run

import ninefold as nf
from ninefold.testing import CapturedTelemetry

DURATION = "ninefold.operation.duration"


@pytest.mark.parametrize("name", ["", " job", "a\nb", None, 7, ["job"], "x" * 256])
def test_what_is_no_name_is_refused(name: Any, telemetry: CapturedTelemetry) -> None:
    """A name must be one, said when the operation is made."""
    with pytest.raises(nf.ConfigurationError, match="operation name must be"):
        telemetry.service.measure(name)


async def answers_late(result: object) -> bool:
    """Answer by a coroutine, which is always true."""
    return bool(result)


class AnswersLate:
    """A callable object with the same flaw."""

    async def __call__(self, result: object) -> bool:
        """Answer late."""
        return bool(result)


@pytest.mark.parametrize("argument", ["good", "ignore"])
@pytest.mark.parametrize(
    "wrong",
    [
        "ValueError",
        (ValueError, None),
        ["x"],
        7,
        0,
        "",
        False,
        ValueError("an instance"),
        BaseException,
        KeyboardInterrupt,
        (ValueError, GeneratorExit),
        answers_late,
        AnswersLate(),
        ((ValueError,), KeyError),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
def test_what_is_no_classifier_is_refused(
    argument: str, wrong: Any, telemetry: CapturedTelemetry
) -> None:
    """The error names the argument and the value; nothing is found out later."""
    with pytest.raises(nf.ConfigurationError, match=f"{argument} must hold|{argument} must be"):
        telemetry.service.measure("job", **{argument: wrong})


class Level(enum.Enum):
    """A class that can be iterated over and called."""

    LOW = "low"


@pytest.mark.parametrize(
    ("good", "result", "outcome"),
    [
        (bool, 1, "success"),
        (bool, 0, "failure"),
        ([], 0, "success"),
        ({bool}, 0, "failure"),
        (iter([bool]), 0, "failure"),
        (len, [1], "success"),
        (Level, "low", "success"),
        (None, 0, "success"),
    ],
)
def test_classifiers_come_alone_or_together(
    good: Any, result: object, outcome: str, telemetry: CapturedTelemetry
) -> None:
    """One alone, any collection of them, a type that answers by its truth: all are accepted."""
    telemetry.service.measure("job", good=good)(lambda: result)()
    assert telemetry.value(DURATION, ninefold_outcome=outcome) == 1
    assert telemetry.value("ninefold.telemetry.dropped") == 0


def test_a_classifier_that_stops_the_program_does(telemetry: CapturedTelemetry) -> None:
    """KeyboardInterrupt inside a classifier is not ours to keep."""

    def interrupted(result: object) -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        telemetry.service.measure("job", good=interrupted)(lambda: 1)()


def test_operations_are_known_with_their_owners(telemetry: CapturedTelemetry) -> None:
    """Each name that was measured is there for checks, owned by the service unless it is said."""
    service = nf.setup("tests", owner="payments")
    service.measure("a")
    service.measure("b", owner="storage")
    service.measure("c")
    service.measure("c", owner="search")
    service.measure("c")
    assert {name: one.owner for name, one in service.operations.items()} == {
        "a": "payments",
        "b": "storage",
        "c": "search",
    }
    with pytest.raises(nf.ConfigurationError, match="owned by 'search' and by 'mail'"):
        service.measure("c", owner="mail")
    with pytest.raises(nf.ConfigurationError, match="owner must be"):
        service.measure("d", owner="")
    assert "d" not in service.operations
    with pytest.raises(TypeError):
        service.operations["e"] = service.operations["a"]  # type: ignore[index]  # read-only


def test_names_without_bound_are_not_kept(
    monkeypatch: pytest.MonkeyPatch, telemetry: CapturedTelemetry
) -> None:
    """Names that are made up at run time cost no more memory than the limit of series allows."""
    monkeypatch.setenv("NINEFOLD_MAX_SERIES", "10")
    service = telemetry.service
    gone = []
    for number in range(100):
        operation = service.measure(f"job.{number}")
        with operation:
            pass
        gone.append(weakref.ref(operation))
    del operation
    assert sum(each() is not None for each in gone) == 0
    assert len(service.operations) == len(service._operations._recorders) == 10
    assert telemetry.value(DURATION) == 100
    assert telemetry.value(DURATION, otel_metric_overflow=True) == 91
    # Each record that goes to the overflow series is told of, whether or not its name is kept.
    assert telemetry.value("ninefold.telemetry.dropped", ninefold_reason="cardinality") == 91


def test_an_objective_may_come_after_the_decorator(telemetry: CapturedTelemetry) -> None:
    """Decorated at import, promised at set-up: what counts is that it is before the first run."""
    work = telemetry.service.measure("job")(lambda: None)
    telemetry.service.objective("jobs", nf.availability(operation="job", target=0.99))
    work()
    assert telemetry.value("ninefold.sli.events", ninefold_outcome="good") == 1
    with pytest.raises(nf.ConfigurationError, match="after the first event"):
        telemetry.service.objective("late", nf.availability(operation="job", target=0.9))


@pytest.mark.parametrize("flags", [TraceFlags.SAMPLED, TraceFlags.DEFAULT])
def test_a_run_in_a_sampled_span_has_an_exemplar(flags: int, telemetry: CapturedTelemetry) -> None:
    """Success and failure point at the span around them, if it is one that is kept."""
    work = telemetry.service.measure("job")(lambda fails: 1 // (not fails))
    span = NonRecordingSpan(SpanContext(5, 6, True, TraceFlags(flags)))
    with trace.use_span(span):
        work(False)
        with pytest.raises(ZeroDivisionError):
            work(True)
    for point in telemetry.points(DURATION):
        ids = [exemplar.trace_id for exemplar in point.exemplars]
        assert ids == ([5] if flags == TraceFlags.SAMPLED else [])


def test_a_provider_of_the_users_own_has_the_runs() -> None:
    """Where metrics go to the application's own provider, operations go there as well."""
    printed = run(
        """
        from opentelemetry import metrics
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader
        reader = InMemoryMetricReader()
        metrics.set_meter_provider(MeterProvider([reader]))
        import ninefold as nf
        service = nf.setup("tests")
        work = service.measure("job", good=bool)(lambda result: result)
        for result in (1, 1, 0):
            work(result)
        [resource] = reader.get_metrics_data().resource_metrics
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                if metric.name == "ninefold.operation.duration":
                    for point in metric.data.data_points:
                        print(point.attributes["ninefold.outcome"], point.count)
        """
    )
    assert printed.splitlines() == ["success 2", "failure 1"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="by design: this platform does not fork")
def test_a_forked_child_counts_its_own_runs() -> None:
    """What was decorated before a fork measures in the child, from zero on."""
    printed = run(
        """
        import os
        import ninefold as nf
        service = nf.setup("tests", prometheus=True, workers="off")
        operation = service.measure("job", ignore=KeyError)
        work = operation(lambda: None)
        def shown():
            text = service.expose()[0].decode()
            lines = [line for line in text.splitlines() if "duration_seconds_count{" in line]
            print(*[line.split()[-1] for line in lines], flush=True)
        for _ in range(3):
            work()
        with operation:
            pid = os.fork()
            if pid == 0:
                work()
        if pid == 0:
            service.measure("job")
            shown()
            os._exit(0)
        os.waitpid(pid, 0)
        shown()
        """
    )
    assert printed.splitlines() == ["2.0", "4.0"]
