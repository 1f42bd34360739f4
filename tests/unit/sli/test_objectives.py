"""Objectives are checked when they are declared, once each, and before what they concern."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import FrozenInstanceError, replace
from datetime import timedelta
from typing import Any

import pytest

import ninefold as nf
from ninefold.registry import HTTP_SERVER_REQUEST_DURATION, OPERATION_DURATION
from ninefold.sli.objective import Window
from ninefold.sli.objective._metrics import Events
from ninefold.testing import CapturedTelemetry

CHECKOUT = nf.availability(route="/checkout", target=0.999)
FAST = nf.latency(route="/checkout", threshold=0.33, target=0.99)


def serve(service: nf.Service, route: str | None, status: int = 200) -> None:
    """Record as if a request of `route` had been served."""
    durations = service.telemetry.histogram(HTTP_SERVER_REQUEST_DURATION)
    durations.record(0.1, ("GET", "http", route, status, None, "1.1"))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: nf.availability(target=0), "target must be above 0 and below 1, got 0"),
        (lambda: nf.availability(target=1), "leaves no error budget"),
        (lambda: nf.availability(target=99.9), "for 99.9 % write 0.999"),
        (lambda: nf.availability(target=100), "target must be between 0 and 1, got 100"),
        (lambda: nf.availability(target=float("nan")), "target must be a finite number"),
        (lambda: nf.availability(target="0.9"), "target must be a number"),  # type: ignore[arg-type]
        (lambda: nf.availability(target=True), "target must be a number"),
        (
            lambda: nf.availability(target=0.9, route=[["/a"]]),  # type: ignore[list-item]
            "such as '/orders/{id}', got ['/a']",
        ),
        (
            lambda: nf.availability(target=0.9, count_429="no"),  # type: ignore[arg-type]
            "count_429 must be True or False, got 'no'",
        ),
        (lambda: nf.latency(threshold=0, target=0.9), "threshold must be > 0 seconds, got 0"),
        (lambda: nf.latency(threshold=-1, target=0.9), "threshold must be > 0 seconds, got -1"),
        (
            lambda: nf.first_byte(threshold=float("inf"), target=0.9),
            "threshold must be a finite number > 0 seconds, got inf",
        ),
        (
            lambda: nf.saturation("pool", threshold=80, target=0.9),
            "threshold must be above 0 and at most 1, got 80",
        ),
        (lambda: nf.saturation("pool", threshold=0, target=0.9), "threshold must be above 0"),
        (
            lambda: nf.throughput("ocr", threshold=0, target=0.9),
            "threshold must be > 0 items per minute, got 0",
        ),
        (lambda: nf.fresh("index", threshold=0, target=0.9), "threshold must be > 0 seconds"),
        (lambda: nf.quality("", target=0.9), "operation must be 1 to 255 printable characters"),
        (lambda: nf.availability(target=0.9, window="0d"), "such as '28d'"),
        (lambda: nf.availability(target=0.9, window="28"), "got '28'"),
        (lambda: nf.availability(target=0.9, window="1M"), "write '28d' or '90d'"),
        (lambda: nf.availability(target=0.9, window=timedelta(0)), "window must be a number"),
        (lambda: nf.availability(target=0.9, window=timedelta(seconds=90)), "whole minutes"),
        (lambda: nf.availability(target=0.9, window=28), "got 28"),  # type: ignore[arg-type]
        (lambda: nf.availability(route="checkout", target=0.9), "got 'checkout'"),
        (lambda: nf.availability(route=[], target=0.9), "got none"),
        (lambda: nf.availability(route=7, target=0.9), "got 7"),  # type: ignore[arg-type]
        (lambda: nf.availability(route=["/a", None], target=0.9), "got None"),  # type: ignore[list-item]
        (
            lambda: nf.availability(route="/a", operation="b", target=0.9),
            "about a route or an operation",
        ),
        (
            lambda: nf.latency(operation="b", threshold=1, target=0.9, count_429=True),
            "count_429 is about requests",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_value_and_the_remedy(
    wrong: Callable[[], object], words: str
) -> None:
    """A kind is checked when it is made, long before traffic."""
    with pytest.raises(nf.ConfigurationError) as raised:
        wrong()
    assert words in str(raised.value)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"name": ""}, "objective name must be 1 to 255"),
        ({"kind": 0.999}, "write nf.availability(route='/checkout', target=0.999)"),
        ({"owner": " "}, "owner must be 1 to 255"),
        ({"runbook": ""}, "runbook must be 1 to 255"),
        ({"min_bad_events": 0}, "min_bad_events must be a whole number >= 1 events, got 0"),
    ],
)
def test_an_objective_is_checked_as_a_whole(
    telemetry: CapturedTelemetry, arguments: dict[str, Any], words: str
) -> None:
    """Its name, kind, owner, runbook and the number of bad events that wake somebody."""
    with pytest.raises(nf.ConfigurationError) as raised:
        telemetry.service.objective(**{"name": "checkout", "kind": CHECKOUT, **arguments})
    assert words in str(raised.value)
    assert telemetry.service.objectives.declared == {}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30m", 1800), ("12h", 43_200), ("28d", 2_419_200), ("4w", 2_419_200), (" 7d ", 604_800)],
)
def test_a_window_is_read_as_openslo_writes_it(text: str, seconds: int) -> None:
    """Minutes, hours, days and weeks; the same length is the same window."""
    assert Window.of(text).seconds == seconds
    assert Window.of(timedelta(seconds=seconds)) == Window.of(text)
    assert Window.of(str(Window.of(text))) == Window.of(text)


def test_both_series_are_there_at_zero_from_the_declaration_on(
    telemetry: CapturedTelemetry,
) -> None:
    """A rate sees the first bad event; and no limit of series keeps an objective out."""
    telemetry.service.objective("checkout", CHECKOUT)
    for outcome in ("good", "bad"):
        points = telemetry.points(
            "ninefold.sli.events", ninefold_slo_name="checkout", ninefold_outcome=outcome
        )
        assert [point.value for point in points] == [0]  # type: ignore[union-attr]


def test_objectives_stand_outside_the_limit_of_series(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are, each has its own two series and none overflows."""
    monkeypatch.setenv("NINEFOLD_MAX_SERIES", "2")
    with CapturedTelemetry() as telemetry:
        for number in range(10):
            telemetry.service.objective(f"o{number}", nf.availability(route="/a", target=0.9))
        assert len(telemetry.points("ninefold.sli.events")) == 20
        assert telemetry.points("ninefold.sli.events", otel_metric_overflow=True) == ()


def test_a_latency_objective_gives_the_histogram_its_threshold(
    telemetry: CapturedTelemetry,
) -> None:
    """So that a rule which asks the histogram finds the boundary."""
    telemetry.service.objective("fast", FAST)
    telemetry.service.objective("fast job", nf.latency(operation="job", threshold=42, target=0.9))
    for metric, bound in ((HTTP_SERVER_REQUEST_DURATION, 0.33), (OPERATION_DURATION, 42.0)):
        histogram = telemetry.service.telemetry.histogram(metric)
        assert bound in histogram.bounds  # type: ignore[union-attr]


def test_the_owner_is_the_services_unless_said(telemetry: CapturedTelemetry) -> None:
    """What pages somebody says whom."""
    service = telemetry.service
    named = service.objective("a", CHECKOUT, owner="payments", runbook="https://runbook.example")
    assert (named.owner, named.runbook, named.source) == (
        "payments",
        "https://runbook.example",
        "code",
    )
    assert service.objective("b", CHECKOUT).owner == service.settings.owner


def test_the_same_again_changes_nothing_and_another_is_refused(
    telemetry: CapturedTelemetry,
) -> None:
    """A module that is loaded twice does no harm; two meanings under one name do."""
    service = telemetry.service
    first = service.objective("checkout", CHECKOUT)
    assert service.objective("checkout", CHECKOUT) is first
    with pytest.raises(nf.ConfigurationError, match="'checkout' is declared twice"):
        service.objective("checkout", FAST)
    with pytest.raises(nf.ConfigurationError, match=r"twice in code, with owner .* and 'web'; say"):
        service.objective("checkout", CHECKOUT, owner="web")
    assert list(service.objectives.declared.values()) == [first]


def test_a_file_wins_over_code(telemetry: CapturedTelemetry) -> None:
    """Code says what is normal, the deployment decides: the file's objective is in force."""
    objectives = telemetry.service.objectives
    filed = objectives.declare(nf.Objective(name="checkout", kind=FAST, source="slo/checkout.yaml"))
    assert telemetry.service.objective("checkout", CHECKOUT) is filed
    with pytest.raises(nf.ConfigurationError, match=r"in slo/checkout.yaml .* and in other.yaml"):
        objectives.declare(replace(filed, kind=CHECKOUT, source="other.yaml"))


def test_an_objective_cannot_be_changed(telemetry: CapturedTelemetry) -> None:
    """What is counted under its name has one meaning."""
    objective = telemetry.service.objective("checkout", CHECKOUT)
    with pytest.raises(FrozenInstanceError):
        objective.name = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        telemetry.service.objectives.declared["x"] = objective  # type: ignore[index]


@pytest.mark.parametrize(
    ("route", "kind"),
    [
        ("/checkout", CHECKOUT),
        ("/checkout", nf.availability(target=0.9)),
        ("/checkout", nf.latency(route="/checkout", threshold=0.25, target=0.9)),
        ("/checkout", nf.first_byte(route=["/cart", "/checkout"], threshold=1, target=0.9)),
    ],
)
def test_an_objective_after_its_first_event_is_refused(
    telemetry: CapturedTelemetry, route: str, kind: nf.sli.objective.Kind
) -> None:
    """Its counts would be short of what the histogram has."""
    serve(telemetry.service, route)
    with pytest.raises(nf.ConfigurationError, match="'late' comes after the first event"):
        telemetry.service.objective("late", kind)
    assert telemetry.points("ninefold.sli.events") == ()


def test_an_objective_may_come_after_what_it_does_not_concern(
    telemetry: CapturedTelemetry,
) -> None:
    """A route of its own, served for the first time later; a readiness probe; an unmatched 404."""
    serve(telemetry.service, "/other")
    telemetry.service.objective("checkout", CHECKOUT)
    serve(telemetry.service, "/readyz")
    serve(telemetry.service, None, 404)
    with pytest.raises(nf.ConfigurationError, match="comes after the first event"):
        telemetry.service.objective("all", nf.availability(target=0.9))


def test_a_new_boundary_after_any_record_is_refused_and_nothing_is_declared(
    telemetry: CapturedTelemetry,
) -> None:
    """Buckets cannot be split once they hold counts; a boundary that is there is no reason."""
    serve(telemetry.service, "/other")
    with pytest.raises(nf.ConfigurationError, match=r"cannot take the boundary 0.33 s"):
        telemetry.service.objective("fast", FAST)
    telemetry.service.objective("fast", nf.latency(route="/checkout", threshold=0.25, target=0.9))
    assert list(telemetry.service.objectives.declared) == ["fast"]


def test_states_are_declared_and_not_counted(telemetry: CapturedTelemetry) -> None:
    """Their minutes are judged by rule: a dead process could not count its own absence."""
    service = telemetry.service
    service.objective("fresh", nf.fresh("index", threshold=60, target=0.9))
    service.objective("flow", nf.throughput("ocr", threshold=60, target=0.9))
    service.objective("room", nf.saturation("pool", threshold=0.8, target=0.9))
    assert list(service.objectives.declared) == ["fresh", "flow", "room"]
    assert telemetry.points("ninefold.sli.events") == ()


def test_what_nobody_serves_is_named_with_the_nearest(telemetry: CapturedTelemetry) -> None:
    """A misspelt route or operation must not read as a service without errors."""
    service = telemetry.service
    service.objective("checkout", nf.availability(route="/chekout", target=0.9))
    service.objective("cart", nf.availability(route="/cart", target=0.9))
    service.objective("job", nf.latency(operation="nightly.reprot", threshold=1, target=0.9))
    service.objective("other", nf.quality("ocr", target=0.9))
    checkout, job = service.objectives.unknown(
        routes=["/checkout", "/cart"], operations={"operation.latency": ["nightly.report"]}
    )
    assert checkout.startswith("objective 'checkout' is about the route '/chekout'")
    assert checkout.endswith("did you mean '/checkout'?")
    assert job.startswith("objective 'job' is about the operation 'nightly.reprot'")
    assert "did you mean 'nightly.report'?" in job
    assert job.endswith("call service.measure('nightly.reprot') at import as well")
    assert len(service.objectives.unknown(routes=None, operations={})) == 0


def test_a_streamed_response_is_warned_of_once(
    telemetry: CapturedTelemetry, caplog: pytest.LogCaptureFixture
) -> None:
    """A latency objective on a stream has no events, and says so with the remedy."""
    service = telemetry.service
    service.objective("fast", FAST)
    key = ("GET", "http", "/checkout", 200, None, "1.1")
    with caplog.at_level(logging.WARNING, "ninefold.sli"):
        for _ in range(3):
            service.objectives.http.count(key, 0.1, 0.01, True)
    [record] = caplog.records
    assert "nf.first_byte" in record.getMessage()
    assert service.objectives.streamed == {"fast": 3}
    assert telemetry.value("ninefold.sli.events") == 0


def test_nothing_is_counted_where_the_sdk_is_disabled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The declaration is checked all the same: it must not fail on another day."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    service = nf.setup("disabled")
    try:
        service.objective("checkout", CHECKOUT)
        with pytest.raises(nf.ConfigurationError):
            service.objective("checkout", FAST)
    finally:
        service.shutdown()


@pytest.mark.parametrize(
    ("told", "good", "bad"),
    [
        ([(97, 100)], 97, 3),
        ([(1, 1), (0, 2), (3, 3)], 4, 2),
        ([(0, 0)], 0, 0),
        ([(5, 3), (float("nan"), 1), (-1, 2), ("1", 2)], 0, 0),
    ],
)
def test_items_that_the_application_counts_are_events_of_quality(
    telemetry: CapturedTelemetry, told: list[tuple[Any, Any]], good: int, bad: int
) -> None:
    """As many as `service.events` takes as sound, and of that name alone."""
    service = telemetry.service
    service.objective("readable", nf.quality("ocr.quality", target=0.97))
    for fine, total in told:
        service.events("ocr.quality", good=fine, total=total)
    service.events("other", good=1, total=2)
    for outcome, number in (("good", good), ("bad", bad)):
        assert telemetry.value("ninefold.sli.events", ninefold_outcome=outcome) == number
        asked = {"ninefold_operation_name": "ocr.quality", "ninefold_outcome": outcome}
        assert telemetry.value("ninefold.events", **asked) == number


def test_an_objective_of_quality_after_its_first_items_is_refused(
    telemetry: CapturedTelemetry,
) -> None:
    """As for requests: its counts would be short."""
    telemetry.service.events("ocr.quality", good=1, total=1)
    telemetry.service.events("other", good=0, total=0)
    with pytest.raises(nf.ConfigurationError, match="comes after the first event"):
        telemetry.service.objective("late", nf.quality("ocr.quality", target=0.97))
    telemetry.service.objective("in time", nf.quality("other", target=0.97))


def test_a_declaration_while_a_reader_collects_costs_no_series(
    telemetry: CapturedTelemetry,
) -> None:
    """A scrape that another thread's declaration meets shows every objective nevertheless."""
    events = Events(telemetry.service.telemetry)

    def declaring() -> Iterator[tuple[str, int, int]]:
        events.declare("late")
        yield "late", 1, 0

    events.declare("early")
    events.add_source(declaring)
    told = {key: value for value, key in events.read()}
    assert told == {
        ("early", "good"): 0,
        ("early", "bad"): 0,
        ("late", "good"): 1,
        ("late", "bad"): 0,
    }


def test_a_request_that_meets_a_declaration_leaves_no_stale_way_to_count(
    telemetry: CapturedTelemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The objective declared meanwhile hears of every later request of that series."""
    service = telemetry.service
    http = service.objectives.http
    service.objective("first", CHECKOUT)
    key = ("GET", "http", "/checkout", 200, None, "1.1")
    cell = service.telemetry.histogram(HTTP_SERVER_REQUEST_DURATION).cell(key)
    plan = http._plan

    def declaring(labels: Any) -> Any:
        monkeypatch.undo()
        found = plan(labels)
        service.objective("second", CHECKOUT)
        return found

    monkeypatch.setattr(http, "_plan", declaring)
    http.count(key, 0.1, None, False)
    http.count(key, 0.1, None, False)
    cell.record(0.1, None, True)  # type: ignore[call-arg]  # a cell of ours: the provider is
    assert [
        (name, sum(good for told, good, _ in http._read() if told == name))
        for name in ("first", "second")
    ] == [("first", 3), ("second", 2)]
