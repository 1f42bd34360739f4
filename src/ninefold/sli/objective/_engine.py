"""What counts as good, bad or nothing: the definitions, as pure functions.

An HTTP kind is judged in two steps, since most of it follows from labels that few requests differ
in: `standing` says, once per set of labels, how requests with these labels stand towards an
objective; `http_verdict` adds what differs from request to request.
"""

from __future__ import annotations

import enum
from typing import Final, assert_never

from ninefold.sli.http._engine import CLIENT_DISCONNECTED
from ninefold.sli.objective._model import (
    HttpAvailability,
    HttpFirstByte,
    HttpKind,
    HttpLatency,
)

__all__ = [
    "HEALTH_ROUTES",
    "Standing",
    "Verdict",
    "attempt_verdict",
    "call_verdict",
    "concerns",
    "http_verdict",
    "operation_verdict",
    "standing",
]

HEALTH_ROUTES: Final = frozenset(
    {"/livez", "/readyz", "/startupz", "/healthz", "/statusz", "/drainz", "/metrics"}
)
"""Routes by which machines look after the service: no events of the service as a whole."""


class Verdict(enum.Enum):
    """What one event is to one objective."""

    GOOD = "good"
    BAD = "bad"
    NO_EVENT = "none"
    STREAMED = "streamed"
    """No event, as its end is not the service's to choose; told apart, for it may be a surprise."""


class Standing(enum.Enum):
    """How requests of the same labels stand towards an objective."""

    OUT = "out"
    """No event, whatever else happens."""
    GOOD = "good"
    BAD = "bad"
    TIMED = "timed"
    """Good or bad by how long it took."""
    LATE_ONLY = "late_only"
    """Bad if it took longer than the threshold, and no event otherwise: the client left."""
    BEGUN = "begun"
    """Good or bad by when the body began."""
    BEGUN_OR_LATE = "begun_or_late"
    """By when the body began; if it never did, bad past the threshold and no event otherwise."""


def concerns(kind: HttpKind, route: str | None) -> bool:
    """Whether requests of `route` can be events of an objective of this kind."""
    return kind.routes is None or route in kind.routes


def standing(
    kind: HttpKind,
    *,
    options: bool = False,
    route: str | None,
    status: int | None,
    error_type: str | None,
) -> Standing:
    """How requests with these labels stand towards an objective; synthetic traffic is not asked.

    `options` says that the method is OPTIONS, `status` is the one that was sent, `error_type` one
    of the closed set.

    >>> from ninefold.sli.objective import availability
    >>> checkout = availability(route="/checkout", target=0.999)
    >>> standing(checkout, route="/checkout", status=503, error_type="503")
    <Standing.BAD: 'bad'>
    >>> standing(checkout, route="/other", status=200, error_type=None)
    <Standing.OUT: 'out'>
    """
    if not concerns(kind, route) or options:
        return Standing.OUT
    if kind.routes is None and (route in HEALTH_ROUTES or (route is None and error_type is None)):
        return Standing.OUT
    if status == 429 and not kind.count_429:
        return Standing.OUT
    left = error_type == CLIENT_DISCONNECTED
    match kind:
        case HttpAvailability():
            if left:
                return Standing.OUT
            return Standing.GOOD if error_type is None else Standing.BAD
        case HttpLatency():
            if left:
                return Standing.LATE_ONLY
            return Standing.TIMED if error_type is None else Standing.OUT
        case HttpFirstByte():
            if status is None or not 100 <= status < 500:
                return Standing.OUT
            return Standing.BEGUN_OR_LATE if left else Standing.BEGUN
        case _:
            assert_never(kind)


def http_verdict(
    stands: Standing, threshold: float, *, elapsed: float, begun: float | None, streamed: bool
) -> Verdict:
    """What one request is to an objective towards which it stands so. All times in seconds.

    `begun` is when the body began, if it had begun before the last of it; `streamed` says that
    more than one message of the body was sent.

    >>> http_verdict(Standing.TIMED, 0.3, elapsed=0.3, begun=None, streamed=False)
    <Verdict.GOOD: 'good'>
    """
    match stands:
        case Standing.OUT:
            return Verdict.NO_EVENT
        case Standing.GOOD:
            return Verdict.GOOD
        case Standing.BAD:
            return Verdict.BAD
        case Standing.TIMED:
            if streamed:
                return Verdict.STREAMED
            return Verdict.GOOD if elapsed <= threshold else Verdict.BAD
        case Standing.LATE_ONLY:
            if streamed:
                return Verdict.STREAMED
            return Verdict.NO_EVENT if elapsed <= threshold else Verdict.BAD
        case Standing.BEGUN:
            at = elapsed if begun is None else begun
            return Verdict.GOOD if at <= threshold else Verdict.BAD
        case Standing.BEGUN_OR_LATE:
            if begun is None:
                return Verdict.NO_EVENT if elapsed <= threshold else Verdict.BAD
            return Verdict.GOOD if begun <= threshold else Verdict.BAD
        case _:
            assert_never(stands)


def operation_verdict(threshold: float | None, *, outcome: str, elapsed: float) -> Verdict:
    """What one run of an operation is to an objective; `outcome` is an `OperationOutcome`.

    `threshold` in seconds is that of a latency objective, None for an availability objective.

    >>> operation_verdict(None, outcome="failure", elapsed=0.1)
    <Verdict.BAD: 'bad'>
    >>> operation_verdict(0.5, outcome="failure", elapsed=0.1)
    <Verdict.NO_EVENT: 'none'>
    """
    if outcome == "success":
        return Verdict.GOOD if threshold is None or elapsed <= threshold else Verdict.BAD
    if outcome == "failure" and threshold is None:
        return Verdict.BAD
    return Verdict.NO_EVENT


def call_verdict(outcome: str, reason: str | None) -> Verdict:
    """What one call to a dependency, as we experience it, is to an objective.

    `outcome` is a `CallOutcome`, `reason` a `RejectionReason` or None. What our own bulkhead or
    deadline refused is no event of theirs, also where a fallback answered instead.

    >>> call_verdict("fallback", None)
    <Verdict.BAD: 'bad'>
    >>> call_verdict("fallback", "bulkhead")
    <Verdict.NO_EVENT: 'none'>
    """
    if outcome == "success":
        return Verdict.GOOD
    if outcome == "cancelled" or reason in ("bulkhead", "deadline"):
        return Verdict.NO_EVENT
    return Verdict.BAD


def attempt_verdict(outcome: str, elapsed: float, slower_than: float | None) -> Verdict:
    """What one attempt that reached a dependency is to an objective on their side.

    `outcome` is an `AttemptOutcome`, `elapsed` in seconds; `slower_than` is what was agreed, None
    where an answer is enough. As with requests, one that was abandoned is bad once it was slower
    than agreed, and no event before: who waits no longer does not make them faster.

    >>> attempt_verdict("success", 1.5, 1.0)
    <Verdict.BAD: 'bad'>
    >>> attempt_verdict("cancelled", 0.5, 1.0)
    <Verdict.NO_EVENT: 'none'>
    """
    if outcome in ("success", "cancelled"):
        if slower_than is not None and elapsed > slower_than:
            return Verdict.BAD
        return Verdict.GOOD if outcome == "success" else Verdict.NO_EVENT
    return Verdict.BAD
