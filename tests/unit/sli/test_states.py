"""Events, freshness, saturation and throughput beyond their tables: bounds, errors, forks."""

from __future__ import annotations

import enum
import os
import queue
import threading
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.child import run
from tests.support.states import started

import ninefold as nf
from ninefold.sli.states import Events
from ninefold.sli.states._pairs import RESERVED

EVENTS = "ninefold.events"
ARRIVED = "ninefold.throughput.arrived"
FRESHNESS = "ninefold.freshness.timestamp"
SATURATION = "ninefold.saturation.utilization"

Registration = Callable[[nf.Service, Any], None]


def freshness(service: nf.Service, name: Any) -> None:
    """Register a freshness under `name`."""
    service.freshness(name, updated_at=lambda: 1.0)


def saturation(service: nf.Service, name: Any) -> None:
    """Register a saturation under `name`."""
    service.saturation(name, usage=lambda: 1, limit=2)


@pytest.mark.parametrize("register", [freshness, saturation])
def test_a_name_is_registered_once(register: Registration) -> None:
    """A second registration is refused with name and remedy; the first stays."""
    with started() as (service, collect):
        register(service, "index")
        with pytest.raises(nf.ConfigurationError) as caught:
            register(service, "index")
        assert f"{register.__name__} name must be new, got 'index'" in str(caught.value)
        assert "under a name of its own" in str(caught.value)
        told = collect()
        assert len(told.points(FRESHNESS)) + len(told.points(SATURATION)) == 1


@pytest.mark.parametrize("name", ["", " x", "x" * 256, "a\nb", 7, None, ["index"]])
@pytest.mark.parametrize("register", [freshness, saturation])
def test_a_name_that_is_none_is_refused(register: Registration, name: object) -> None:
    """At registration a wrong name is an error that says what a name is."""
    with started() as (service, _), pytest.raises(nf.ConfigurationError) as caught:
        register(service, name)
    assert f"{register.__name__} name must be 1 to 255 printable" in str(caught.value)


async def later() -> float:
    """What a reader cannot await."""
    return 1.0


@pytest.mark.parametrize(
    ("register", "message"),
    [
        (
            lambda service: service.freshness("x", updated_at=1700000000),
            "updated_at must be a callable, got 1700000000; write updated_at=lambda:",
        ),
        (
            lambda service: service.freshness("x", updated_at=later),
            "updated_at must be a plain function, got the coroutine function",
        ),
        (
            lambda service: service.saturation("x", usage=later, limit=8),
            "usage must be a plain function, got the coroutine function",
        ),
        (
            lambda service: service.saturation("x", usage=1, limit=later),
            "limit must be a plain function, got the coroutine function",
        ),
        (lambda service: service.saturation("x", usage=1, limit=True), "limit must be a number"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    register: Callable[[nf.Service], None], message: str
) -> None:
    """A constant where a callable belongs, and a coroutine function, fail at registration."""
    with started() as (service, collect):
        with pytest.raises(nf.ConfigurationError) as caught:
            register(service)
        assert message in str(caught.value)
        # What was refused has not taken the name.
        service.freshness("x", updated_at=lambda: 1)
        service.saturation("x", usage=1, limit=2)
        assert collect().named(SATURATION) == {"x": 0.5}


def test_names_are_told_in_order() -> None:
    """An objective over a state can be checked against what is registered."""
    with started() as (service, _):
        for name in ("b", "a"):
            service.freshness(name, updated_at=lambda: 1)
        service.saturation("pool", usage=1, limit=2)
        assert service._freshness.names() == ("b", "a")
        assert service._saturation.names() == ("pool",)


def test_a_callback_may_register_more() -> None:
    """Registering while a reader collects hangs nothing and costs no point."""
    with started() as (service, collect):

        def updated_at() -> float:
            service.freshness("b", updated_at=lambda: 2.0)
            return 1.0

        service.freshness("a", updated_at=updated_at)
        assert collect().named(FRESHNESS) == {"a": 1.0}
        # Its second answer is the error of registering twice.
        assert collect().named(FRESHNESS) == {"b": 2.0}


def test_whoever_asks_the_process_to_end_is_obeyed() -> None:
    """An exception that is no `Exception` is passed on to the reader's thread."""
    with started() as (service, collect):

        def updated_at() -> float:
            raise KeyboardInterrupt

        service.freshness("a", updated_at=updated_at)
        with pytest.raises(KeyboardInterrupt):
            collect()


def test_reserved_names_are_outside_the_limit_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first names have series whatever the limit; those after them count towards it."""
    monkeypatch.setenv("NINEFOLD_MAX_SERIES", "5")
    with started() as (service, collect):
        for number in range(RESERVED + 10):
            service.events(f"name-{number}", good=1, total=3)
            service.throughput(f"name-{number}", arrived=2)
        told = collect()
        for metric, series in ((EVENTS, 2), (ARRIVED, 1)):
            points = told.points(metric)
            assert len(points) == RESERVED * series + 4 + 1
            assert sum(points.values()) == (3 if metric == EVENTS else 2) * (RESERVED + 10)
        assert told.dropped("cardinality") > 0
        assert told.dropped("invalid_value") == told.dropped("internal_error") == 0


def test_backlogs_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Callables of more names than there may be series are not kept."""
    monkeypatch.setenv("NINEFOLD_MAX_SERIES", "5")
    with started() as (service, collect):
        for number in range(20):
            service.throughput(f"name-{number}", backlog=lambda: 1)
        service.throughput("name-0", backlog=lambda: 7)
        assert len(service._throughput._backlogs) == 5
        points = collect().points("ninefold.throughput.backlog")
        assert points["name-0",] == 7
        assert sum(points.values()) == 11


def test_a_listener_hears_of_every_valid_call() -> None:
    """Name, good and bad, whatever of them is zero; invalid calls are not told."""
    with started() as (service, _):
        heard: list[tuple[str, float, float]] = []
        events = Events(service.telemetry, counted=lambda *told: heard.append(told))
        events.count("ocr", good=97, total=100)
        events.count("ocr", good=0, total=0)
        events.count("ocr", good=2, total=1)
        events.count("", good=1, total=1)
        assert heard == [("ocr", 97, 3), ("ocr", 0, 0)]


def test_a_listener_that_fails_costs_nothing() -> None:
    """Its error is counted, and so are the events."""

    def counted(name: str, good: float, bad: float) -> None:
        raise RuntimeError(name, good, bad)

    with started() as (service, collect):
        Events(service.telemetry, counted=counted).count("ocr", good=1, total=3)
        told = collect()
        assert told.points(EVENTS) == {("ocr", "good"): 1, ("ocr", "bad"): 2}
        assert told.dropped("internal_error") == 1


class Stage(str, enum.Enum):  # noqa: UP042 - of a StrEnum `str` is the name
    """Names as an enum, whose `str` is not the name."""

    OCR = "ocr"


def test_an_enum_is_the_text_it_is() -> None:
    """A member of an enum of text names the same series as the text."""
    with started() as (service, collect):
        for name in (Stage.OCR, "ocr"):
            service.events(name, good=1, total=1)
            service.throughput(name, arrived=1, backlog=lambda: 3)
        service.freshness(Stage.OCR, updated_at=lambda: 1)
        told = collect()
        for metric in (ARRIVED, "ninefold.throughput.backlog", FRESHNESS):
            [(key, value)] = told.points(metric).items()
            assert (type(key[0]), value) == (str, {ARRIVED: 2, FRESHNESS: 1}.get(metric, 3))


def test_many_threads_count_exactly() -> None:
    """Threads that meet at a new name lose no event."""
    with started() as (service, collect):
        together = threading.Barrier(8)

        def work() -> None:
            together.wait()
            for number in range(300):
                service.events(f"name-{number % 50}", good=1, total=2)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(collect().points(EVENTS).values()) == {48}


def test_switched_off_nothing_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """With `OTEL_SDK_DISABLED` calls do nothing at all, and nonsense is not even logged."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    service = nf.setup("off")
    try:
        service.events("ocr", good=9, total=1)
        service.throughput("ocr", arrived=-1, backlog=queue.Queue[int]().qsize)
        service.freshness("index", updated_at=lambda: 1)
        service.saturation("pool", usage=1, limit=2)
        assert service.telemetry.faults._uncounted == {}
    finally:
        service.shutdown()


SHOWN = """
def shown(reader):
    return {
        (metric.name, *point.attributes.values()): point.value
        for resource in reader.get_metrics_data().resource_metrics
        for scope in resource.scope_metrics for metric in scope.metrics
        if metric.name.startswith("ninefold.") for point in metric.data.data_points
    }
"""


def test_a_users_own_provider_has_them_too() -> None:
    """Where the meter provider is the application's, the same calls reach its readers."""
    out = run(
        f"""{SHOWN}
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
reader = InMemoryMetricReader()
metrics.set_meter_provider(MeterProvider([reader]))
import ninefold as nf
service = nf.setup("theirs")
service.events("ocr", good=1, total=1)
service.throughput("ocr", arrived=2, backlog=lambda: 3)
service.freshness("index", updated_at=lambda: 4)
service.saturation("pool", usage=lambda: 1, limit=2)
service.events("ocr", good=2, total=1)
for line in sorted(shown(reader).items()):
    print(*line)
"""
    )
    assert out.splitlines() == [
        "('ninefold.events', 'ocr', 'bad') 0",
        "('ninefold.events', 'ocr', 'good') 1",
        "('ninefold.freshness.timestamp', 'index') 4",
        "('ninefold.saturation.utilization', 'pool') 0.5",
        "('ninefold.telemetry.dropped', 'metrics', 'invalid_value') 1",
        "('ninefold.throughput.arrived', 'ocr') 2",
        "('ninefold.throughput.backlog', 'ocr') 3",
        "('ninefold.throughput.processed', 'ocr') 0",
    ]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="by design: this platform does not fork")
def test_a_forked_child_counts_its_own_and_is_asked_still() -> None:
    """What was registered before a fork is asked in the child; what was counted is the parent's."""
    out = run(
        f"""{SHOWN}
import os
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
import ninefold as nf
from ninefold.testing._captured import _begin_again
service = nf.setup("forks", readers=[InMemoryMetricReader()])
service.events("ocr", good=5, total=9)
service.throughput("ocr", arrived=7, backlog=os.getpid)
service.freshness("index", updated_at=os.getpid)
if os.fork() == 0:
    reader = InMemoryMetricReader()
    _begin_again(service, [reader], [])
    service.events("ocr", good=1, total=1)
    me = os.getpid()
    assert shown(reader) == {{
        ("ninefold.events", "ocr", "good"): 1,
        ("ninefold.events", "ocr", "bad"): 0,
        ("ninefold.throughput.arrived", "ocr"): 0,
        ("ninefold.throughput.processed", "ocr"): 0,
        ("ninefold.throughput.backlog", "ocr"): me,
        ("ninefold.freshness.timestamp", "index"): me,
    }}, shown(reader)
    print("child as promised", flush=True)
    os._exit(0)
assert os.wait()[1] == 0
"""
    )
    assert out == "child as promised\n"


def test_the_first_call_starts_the_exporters() -> None:
    """A worker that serves no request exports from its first call on, even one without events."""
    with started() as (service, _):
        assert service.telemetry.pipeline.built is None
        service.events("ocr", good=0, total=0)
        assert service.telemetry.pipeline.built is not None
