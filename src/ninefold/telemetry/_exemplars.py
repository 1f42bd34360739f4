"""Exemplars of one series: what was measured in a trace, and which reader has shown it already.

A reader that pushes shows an exemplar once, with the first point after it. A reader that is scraped
shows it until a newer one takes its bucket: two servers may scrape one process.
"""

from __future__ import annotations

from time import time_ns
from typing import NamedTuple

from opentelemetry.trace import SpanContext


class Offer(NamedTuple):
    """A measurement that can be shown as an exemplar: the value and the trace it belongs to."""

    value: float
    time_ns: int
    trace_id: int
    span_id: int


def offer(value: float, context: SpanContext | None) -> Offer:
    """Make an offer from the span in which the value was measured, if there is one."""
    if context is None:
        return Offer(value, time_ns(), 0, 0)
    return Offer(value, time_ns(), context.trace_id, context.span_id)


class Exemplars:
    """The newest offer of each bucket, for readers that keep and for readers that do not.

    Used by one collection at a time.
    """

    __slots__ = ("_newest", "_unseen")

    def __init__(self) -> None:
        self._newest: dict[int, Offer] = {}
        self._unseen: dict[int, dict[int, Offer]] = {}

    def add(self, offers: dict[int, Offer]) -> None:
        """Take over what a cell was offered since it was last drained, by bucket."""
        if not offers:
            return
        self._newest.update(offers)
        for unseen in self._unseen.values():
            unseen.update(offers)

    def shown_to(self, reader: int, keeps: bool) -> tuple[Offer, ...]:
        """What this reader shows with the point that it is given now, by ascending bucket."""
        if not self._newest:
            return ()
        if keeps:
            shown = self._newest
        else:
            # A reader that is not known yet has seen none of them.
            shown = self._unseen.get(reader, self._newest)
            self._unseen[reader] = {}
        return tuple(shown[bucket] for bucket in sorted(shown))
