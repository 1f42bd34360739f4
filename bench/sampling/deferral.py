"""What deferral costs a span: spans that wait, over spans that are recorded and no more."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any, Final

from bench.clock import timed
from bench.loops import calling
from bench.model import Goal, Scenario, Variant, Workload
from bench.sampling import tails
from bench.sampling.rules import ATTRIBUTES
from bench.sampling.tails import ERROR_LEVEL, LEVEL, Tail

_EACH: Final = 100
"""One trace of so many has an error, where there are any."""


def bare() -> Workload:
    """The call of a function that does nothing."""
    return Workload(measure=lambda operations: timed(calling(lambda: None), operations))


def traces(build: Callable[[], Tail], spans: int, kept: Callable[[int, int], int]) -> Workload:
    """Traces of so many spans with eight attributes, one below another's root; a few with an error.

    `kept` tells how many are to be exported, of so many traces with so many errors.
    """
    from opentelemetry.trace import SpanKind, Status, StatusCode

    from bench.span_count import CountingExporter

    tail = build()
    start = tail.provider.get_tracer("bench").start_as_current_span
    numbers = count(1)
    failed = Status(StatusCode.ERROR)
    begun: list[int] = []

    def one(error: bool) -> None:
        with start("GET", kind=SpanKind.SERVER, attributes=ATTRIBUTES) as root:
            for _ in range(spans - 1):
                with start("query", kind=SpanKind.CLIENT, attributes=ATTRIBUTES):
                    pass
            if error:
                root.set_attribute(LEVEL, ERROR_LEVEL)
                root.set_status(failed)

    def run(operations: int) -> None:
        for _ in range(operations // spans):
            number = next(numbers)
            one(number % _EACH == 0)
        begun[:] = [number]

    def check(done: int) -> str | None:
        del done
        tail.provider.force_flush()
        wanted = kept(begun[0], begun[0] // _EACH)
        found = CountingExporter.exported
        if found == wanted and not tail.lost():
            return None
        return f"{found} traces exported instead of {wanted}, {tail.lost()} spans given up"

    return Workload(measure=lambda operations: timed(run, operations), check=check)


def _none(begun: int, errors: int) -> int:
    del begun, errors
    return 0


def _all(begun: int, errors: int) -> int:
    del errors
    return begun


def _errors(begun: int, errors: int) -> int:
    del begun
    return errors


_VARIANTS: Final[tuple[tuple[str, str, Callable[[], Tail], Any, str], ...]] = (
    ("recorded", "recorded, not exported", tails.recorded, _none, "exports nothing"),
    ("again", "recorded again (noise)", tails.recorded, _none, "exports nothing"),
    ("ninefold", "ninefold, errors kept", tails.ninefold, _errors, "exports errors alone"),
    ("logfire", "logfire, errors kept", tails.logfire, _errors, "exports errors alone"),
    ("exported", "recorded and exported", tails.exported, _all, "exports everything"),
)


def _scenario(spans: int) -> Scenario:
    return Scenario(
        name=f"deferral-{spans}",
        title=f"A recorded span with 8 attributes, {spans} in a trace, an error in 1 % of traces",
        operation="span",
        operations=2_000,
        warm_up=200,
        variants=(
            Variant(name="bare", label="a call", build=bare, over=None),
            *(
                Variant(
                    name=name, label=label, build=partial(traces, build, spans, kept), claim=claim
                )
                for name, label, build, kept, claim in _VARIANTS
            ),
        ),
        goals=(
            Goal(of="ninefold", against="recorded", at_most=1.3),
            Goal(of="again", against="recorded"),
            Goal(of="logfire", against="recorded"),
            Goal(of="exported", against="recorded"),
            Goal(of="ninefold", against="logfire"),
        ),
    )


SCENARIOS: Final = tuple(_scenario(spans) for spans in (1, 5, 20))
