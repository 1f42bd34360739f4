"""Herd: callers that all fail in the same moment, and when their retries come."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import ninefold as nf
from outage.timeline import Timeline

__all__ = ["CALLERS", "JITTERS", "Herd", "stampede"]

CALLERS = 2_000
JITTERS = ("none", "equal", "decorrelated", "full")


@dataclass(frozen=True)
class Herd:
    """How the retries of one kind of jitter came."""

    jitter: str
    densest: int
    """The most retries within 10 ms."""
    first: float
    """Seconds that a caller waited for its first retry, on average."""
    last: float
    """Seconds until the last retry."""


def stampede(jitter: str) -> Herd:
    """Have every caller fail at 0 seconds, and at each of its two retries."""
    timeline = Timeline()
    came: list[float] = []
    firsts: list[float] = []

    async def call(number: int) -> None:
        retry = nf.Retry(
            on=ConnectionError,
            backoff=nf.Backoff(jitter=jitter),  # type: ignore[arg-type]  # one of the literals
            runtime=timeline.runtime(f"caller {number}"),
        )
        try:
            async for attempt in retry:
                with attempt:
                    if attempt.number > 1:
                        came.append(timeline.now)
                    if attempt.number == 2:
                        firsts.append(timeline.now)
                    raise ConnectionError
        except ConnectionError:
            pass

    for number in range(CALLERS):
        timeline.start(call(number))
    timeline.run(60.0)
    densest = max(Counter(int(at * 100) for at in came).values())
    return Herd(jitter, densest, sum(firsts) / len(firsts), max(came))
