"""World: clients, the dependency that all of them call, and what became of their requests.

What decides here is ninefold's: each client has an `nf.Policy`, under which it calls.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ninefold as nf
from outage.timeline import Timeline

__all__ = [
    "BACK",
    "CAPACITY",
    "CLIENTS",
    "DOWN",
    "END",
    "VARIANTS",
    "Result",
    "Variant",
    "simulate",
]

CLIENTS = 100

# Requests per second and client.
REQUESTS = 20.0
CAPACITY = 26.0

# Seconds: when the dependency is down and back, and until when we look.
DOWN, BACK, END = 30.0, 90.0, 150.0
# Seconds: on the way there and back; that an attempt may take; of work in a full queue.
ROUND_TRIP, PATIENCE, QUEUED = 0.02, 0.5, 1.0
# One request in so many fails by itself.
MISHAP = 500

# Seconds: the resolution of what is counted, and what the last requests have to come to an end.
SLICE, LAST = 0.1, 4.0

FAILURES = (ConnectionError, nf.DeadlineExceededError)
BUDGET = nf.Budget(ratio=0.2, floor=1)


@dataclass(frozen=True)
class Variant:
    """A way to guard a call; `parts` makes a client's policy."""

    name: str
    title: str
    parts: Callable[[], dict[str, Any]]


def _retry(jitter: str = "full", budget: nf.Budget | None = None) -> nf.Retry:
    backoff = nf.Backoff(jitter=jitter)  # type: ignore[arg-type]  # one of the literals
    return nf.Retry(on=FAILURES, backoff=backoff, budget=budget)


def _everything(breaker: nf.Breaker) -> dict[str, Any]:
    return {
        "deadline": 2.0,
        "retry": _retry(budget=BUDGET),
        "breaker": breaker,
        "bulkhead": nf.Bulkhead(10),
    }


VARIANTS = (
    Variant("none", "No retry", dict),
    Variant("plain", "Retry, no jitter", lambda: {"retry": _retry("none")}),
    Variant("jitter", "Retry, full jitter", lambda: {"retry": _retry()}),
    Variant("budget", "Retry and budget", lambda: {"retry": _retry(budget=BUDGET)}),
    Variant("breaker", "Retry and breaker", lambda: {"retry": _retry(), "breaker": nf.Breaker()}),
    Variant(
        "bulkhead", "Retry and bulkhead", lambda: {"retry": _retry(), "bulkhead": nf.Bulkhead(10)}
    ),
    Variant("all", "All together", lambda: _everything(nf.Breaker())),
    Variant("capped", "All, open_cap=10", lambda: _everything(nf.Breaker(open_cap=10))),
)


class Dependency:
    """One queue, served first come, first served, at a steady pace; it stands still in the outage.

    Whoever finds `QUEUED` seconds of work in the queue is refused at once. A request that its
    client no longer waits for is worked on like any other, since nobody tells.
    """

    def __init__(self, timeline: Timeline, capacity: float) -> None:
        self._timeline = timeline
        self._each = 1 / capacity
        self._free = 0.0
        self._taken = 0

    async def ask(self) -> None:
        """One request."""
        now = self._timeline.now
        begins = BACK if DOWN <= now < BACK else now
        self._free = max(self._free, begins)
        if self._free - begins >= QUEUED:
            await self._timeline.sleep(ROUND_TRIP)
            raise ConnectionRefusedError
        self._free += self._each
        self._taken += 1
        mishap = self._taken % MISHAP == 0
        await self._timeline.sleep(self._free - now + ROUND_TRIP)
        if mishap:
            raise ConnectionResetError


class Result:
    """What was counted, by slices of `SLICE` seconds."""

    def __init__(self, clients: int, end: float) -> None:
        self._clients = clients
        self._known = _slices(end)
        self.began, self.succeeded, self.offered = (
            [0] * (_slices(end + LAST) + 1) for _ in range(3)
        )

    @property
    def amplification(self) -> float:
        """Attempts per request while the dependency was down."""
        return self._sum(self.offered, DOWN, BACK) / self._sum(self.began, DOWN, BACK)

    @property
    def peak(self) -> int:
        """The most attempts within one second, as of `CLIENTS`."""
        return max(self.per_second(self.offered))

    @property
    def recovery(self) -> float | None:
        """Seconds after `BACK` from which on 99 % of each second's requests succeed, or None.

        The last second that is worse begins a slice before that.
        """
        width = _slices(1)
        first, last = _slices(BACK), self._known - width
        for at in range(last, first - 1, -1):
            if sum(self.succeeded[at : at + width]) < 0.99 * sum(self.began[at : at + width]):
                return None if at == last else round((at + 1 - first) * SLICE, 1)
        return 0.0

    @property
    def share(self) -> float:
        """The share that succeeded of the requests from the outage on."""
        return self._share(DOWN, self._known * SLICE)

    @property
    def mishaps(self) -> float:
        """The share that failed of the requests before the outage."""
        return 1 - self._share(0, DOWN - LAST)

    def per_second(self, counts: list[int]) -> list[int]:
        """`counts` of each second that is known of, as of `CLIENTS`."""
        scale = CLIENTS / self._clients
        known = int(self._known * SLICE)
        return [round(self._sum(counts, at, at + 1) * scale) for at in range(known)]

    def _share(self, start: float, end: float) -> float:
        return self._sum(self.succeeded, start, end) / self._sum(self.began, start, end)

    def _sum(self, counts: list[int], start: float, end: float) -> int:
        return sum(counts[_slices(start) : _slices(end)])


def _slices(seconds: float) -> int:
    return round(seconds / SLICE)


def simulate(variant: Variant, clients: int = CLIENTS, end: float = END) -> Result:
    """Play the outage for so many clients, and a dependency to match.

    Requests that begin before `end` seconds count.
    """
    timeline = Timeline()
    dependency = Dependency(timeline, CAPACITY * clients)
    result = Result(clients, end)
    for number in range(clients):
        _client(number, variant, timeline, dependency, result)
    timeline.run(end + LAST)
    return result


def _client(
    number: int, variant: Variant, timeline: Timeline, dependency: Dependency, result: Result
) -> None:
    """Have one more client, with a policy of its own; it sends requests independent of one another.

    Each client is a process in the world that is meant, so no two share a budget or a breaker.
    """
    policy = nf.Policy(
        f"{variant.name} {number}",
        attempt_timeout=PATIENCE,
        runtime=timeline.runtime(f"waits {number}"),
        **variant.parts(),
    )
    arrivals = random.Random(f"arrivals {number}")

    @policy
    async def ask() -> None:
        result.offered[int(timeline.now / SLICE)] += 1
        await dependency.ask()

    async def request() -> None:
        began = int(timeline.now / SLICE)
        result.began[began] += 1
        try:
            await ask()
        except (ConnectionError, nf.RejectedError):
            return
        result.succeeded[began] += 1

    def arrive() -> None:
        timeline.at(timeline.now + arrivals.expovariate(REQUESTS), arrive)
        timeline.start(request())

    timeline.at(arrivals.expovariate(REQUESTS), arrive)
