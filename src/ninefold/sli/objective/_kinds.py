"""How a service says what good means: one function for each kind of SLI."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final, cast

from ninefold.core import seconds
from ninefold.errors import ConfigurationError
from ninefold.sli.objective._model import (
    DependencyAvailability,
    Freshness,
    HttpAvailability,
    HttpFirstByte,
    HttpLatency,
    OperationAvailability,
    OperationLatency,
    Quality,
    Saturation,
    Side,
    Throughput,
    routes_of,
)
from ninefold.sli.objective._window import Window

__all__ = [
    "availability",
    "dependency_availability",
    "first_byte",
    "fresh",
    "latency",
    "quality",
    "saturation",
    "throughput",
]

DEFAULT_WINDOW: Final = "28d"
"""Four weeks: every window holds as many Mondays as any other (SRE Workbook, chapter 2)."""


def availability(
    *,
    route: str | Iterable[str] | None = None,
    operation: str | None = None,
    target: float,
    window: str | timedelta = DEFAULT_WINDOW,
    count_429: bool = False,
) -> HttpAvailability | OperationAvailability:
    """Of the valid requests (or runs of an operation), the share `target` is answered well.

    - `route` is a route's template as the framework spells it, or several that count together;
      without it the whole service is meant. `operation` is one measured by `service.measure`.
    - Bad is a status of 500 or more, an exception, a timeout, a cancellation, a response cut short
      by us; for an operation, its failure. No event: OPTIONS, 429 (unless `count_429`), synthetic
      traffic, a client that left.
    - `target` is above 0 and below 1; `window` is `28d` by default, rolling.

    Raises `ConfigurationError` for a target, window or route that cannot be meant.

    >>> availability(route="/checkout", target=0.999).target
    0.999
    >>> availability(target=99.9)
    Traceback (most recent call last):
    ninefold.errors.ConfigurationError: target must be between 0 and 1, got 99.9; for 99.9 % \
write 0.999
    """
    share = _share(target)
    if operation is None:
        return HttpAvailability(
            routes=routes_of(route), target=share, window=Window.of(window), count_429=count_429
        )
    _one_of(route, operation, count_429)
    return OperationAvailability(operation=operation, target=share, window=Window.of(window))


def latency(
    *,
    route: str | Iterable[str] | None = None,
    operation: str | None = None,
    threshold: float | timedelta,
    target: float,
    window: str | timedelta = DEFAULT_WINDOW,
    count_429: bool = False,
) -> HttpLatency | OperationLatency:
    """Of the good requests (or successful runs), the share `target` takes at most `threshold`.

    `threshold` is in seconds and exact. A client that leaves after it counts as slow. A streamed
    response (more than one message of its body) is no event: measure its `first_byte`. An error is
    none either; `availability` counts those. The other arguments are those of `availability`.

    >>> latency(route="/checkout", threshold=0.3, target=0.99).threshold
    0.3
    """
    limit, share = seconds("threshold", threshold), _share(target)
    if operation is None:
        return HttpLatency(
            routes=routes_of(route),
            threshold=limit,
            target=share,
            window=Window.of(window),
            count_429=count_429,
        )
    _one_of(route, operation, count_429)
    return OperationLatency(
        operation=operation, threshold=limit, target=share, window=Window.of(window)
    )


def first_byte(
    *,
    route: str | Iterable[str] | None = None,
    threshold: float | timedelta,
    target: float,
    window: str | timedelta = DEFAULT_WINDOW,
    count_429: bool = False,
) -> HttpFirstByte:
    """Of the responses below 500, the share `target` begins its body within `threshold` seconds.

    A response without a body counts by its end. For streams and server-sent events, whose end is
    not the service's to choose.

    >>> first_byte(route="/events", threshold=0.5, target=0.99).sli
    'http.first_byte'
    """
    return HttpFirstByte(
        routes=routes_of(route),
        threshold=seconds("threshold", threshold),
        target=_share(target),
        window=Window.of(window),
        count_429=count_429,
    )


def dependency_availability(
    dependency: str,
    *,
    side: Side = "ours",
    slower_than: float | timedelta | None = None,
    target: float,
    window: str | timedelta = DEFAULT_WINDOW,
    vendor: str | None = None,
) -> DependencyAvailability:
    """Of the calls to a dependency, the share `target` succeeds; or, on their side, of attempts.

    - `dependency` is the name given to `service.dependency`, or that of a policy that stands alone.
    - `side="ours"` is what we experience: a call is bad when it fails, is answered by a fallback or
      is rejected by an open breaker. What our own bulkhead or deadline refused is no event.
    - `side="theirs"` is what a provider can be held to: an attempt that reached them is bad when it
      fails, or when it takes longer than `slower_than` seconds, if that was agreed.
    - A cancellation is no event, unless it is of an attempt that was slower than agreed already.
    - `vendor` is whom it was agreed with, for reports.

    Raises `ConfigurationError` for what cannot be meant, such as `slower_than` on our side.

    >>> dependency_availability("psp", target=0.999).side
    'ours'
    >>> agreed = dependency_availability("psp", side="theirs", slower_than=1, target=0.99)
    >>> agreed.slower_than
    1.0
    """
    return DependencyAvailability(
        dependency=dependency,
        side=side,
        slower_than=None if slower_than is None else seconds("slower_than", slower_than),
        target=_share(target),
        window=Window.of(window),
        vendor=vendor,
    )


def quality(operation: str, *, target: float, window: str | timedelta = DEFAULT_WINDOW) -> Quality:
    """Of the items told of by `service.events(operation, …)`, the share `target` is good.

    >>> quality("ocr.quality", target=0.97).operation
    'ocr.quality'
    """
    return Quality(operation=operation, target=_share(target), window=Window.of(window))


def fresh(
    operation: str,
    *,
    threshold: float | timedelta,
    target: float,
    window: str | timedelta = DEFAULT_WINDOW,
) -> Freshness:
    """In the share `target` of all minutes the data is at most `threshold` seconds old.

    `operation` is what `service.freshness` tells the age of. A minute in which nobody tells is bad.

    >>> fresh("search.index", threshold=300, target=0.99).threshold
    300.0
    """
    return Freshness(
        operation=operation,
        threshold=seconds("threshold", threshold),
        target=_share(target),
        window=Window.of(window),
    )


def throughput(
    operation: str, *, threshold: float, target: float, window: str | timedelta = DEFAULT_WINDOW
) -> Throughput:
    """In the share `target` of the minutes with work, `threshold` items or more are processed.

    Work means arrivals or a backlog, as `service.throughput(operation, …)` tells them.

    >>> throughput("ocr", threshold=100, target=0.99).sli
    'throughput'
    """
    return Throughput(
        operation=operation, threshold=threshold, target=_share(target), window=Window.of(window)
    )


def saturation(
    name: str, *, threshold: float, target: float, window: str | timedelta = DEFAULT_WINDOW
) -> Saturation:
    """In the share `target` of all minutes no instance uses more than `threshold` of a resource.

    `name` is what `service.saturation` tells the use of; `threshold` is a share, above 0 to 1.

    >>> saturation("worker-pool", threshold=0.8, target=0.99).threshold
    0.8
    """
    return Saturation(
        operation=name, threshold=threshold, target=_share(target), window=Window.of(window)
    )


def _share(target: float) -> float:
    percent: object = target
    if isinstance(percent, int | float) and not isinstance(percent, bool) and 1 < percent < 100:
        raise ConfigurationError(
            f"target must be between 0 and 1, got {target!r}; for {target:g} % write"
            f" {target / 100:.10g}"
        )
    return target


def _one_of(route: object, operation: object, count_429: bool) -> None:
    if route is not None:
        raise ConfigurationError(
            f"an objective is about a route or an operation, got route={route!r} and"
            f" operation={operation!r}; declare one for each"
        )
    if count_429:
        raise ConfigurationError(
            f"count_429 is about requests, and {cast('str', operation)!r} is an operation; say"
            " which exceptions count with service.measure(…, ignore=…)"
        )
