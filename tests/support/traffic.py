"""Requests of known outcome, sent to a server from several connections at once."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.support.servers import Server


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one request must be measured as; no `route` where none matched."""

    method: str
    route: str | None
    status: int
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """One request, and its outcome."""

    method: str
    path: str
    outcome: Outcome


def visit(
    method: str,
    path: str,
    route: str | None,
    status: int,
    *,
    error: str | None = None,
    measured_as: str | None = None,
) -> Visit:
    """A request of `method` to `path`; `measured_as` is for a method that is no standard one."""
    return Visit(method, path, Outcome(measured_as or method, route, status, error))


def send(
    server: Server, visits: Sequence[Visit], *, times: int, at_once: int = 4, **headers: str
) -> Counter[Outcome]:
    """Send each visit `times` times, `at_once` in parallel, and count what must be measured.

    An answer of another status than expected is an `AssertionError`.
    """

    def one(visit: Visit) -> Outcome:
        answer = server.request(visit.path, method=visit.method, **headers)
        assert answer.status == visit.outcome.status, (visit, answer.status, answer.body[:500])
        return visit.outcome

    repeated = itertools.chain.from_iterable([visits] * times)
    with ThreadPoolExecutor(at_once) as pool:
        return Counter(pool.map(one, repeated))
