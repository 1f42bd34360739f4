"""The span of a dropped trace: made without its ids, which are there for whoever asks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Barrier

from opentelemetry.trace import TraceFlags

from ninefold.telemetry._dropped_span import DroppedSpan

TRACE = 0x0AF7651916CD43DD8448EB211C80319C


def test_the_ids_are_the_same_every_time() -> None:
    """Whoever asks, and how often, is told one valid span of the trace, which is not sampled."""
    span = DroppedSpan(TRACE, TraceFlags(2), Random(1).getrandbits)
    found = span.get_span_context()
    assert found is span.get_span_context()
    assert (found.trace_id, found.trace_flags, found.is_remote) == (TRACE, 2, False)
    assert found.is_valid
    assert not span.is_recording()
    assert repr(found) in repr(span)


def test_a_span_id_is_never_zero() -> None:
    """Zero means "no span": it is not drawn, however unlikely that is."""
    assert DroppedSpan(TRACE, TraceFlags(0), lambda bits: 0).get_span_context().is_valid


def test_threads_that_ask_at_once_are_told_the_same() -> None:
    """A request's threads log one span id, though all of them be the first to ask."""
    both = Barrier(2)
    draw = Random(1).getrandbits

    def meeting(bits: int) -> int:
        both.wait(10)
        return draw(bits)

    span = DroppedSpan(TRACE, TraceFlags(0), meeting)
    with ThreadPoolExecutor(2) as pool:
        one, two = (pool.submit(span.get_span_context) for _ in range(2))
    assert one.result() is two.result()
