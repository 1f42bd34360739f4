"""The kinds of SLI that an objective can be about, and the objective itself; all checked once.

A kind says what is asked of whom: which events are valid, which of them are bad, and how many of a
hundred may be. The definitions themselves are in `_engine`.

Over 300 lines: one short class for each kind, in one place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias, get_args

from ninefold.core import (
    require_between,
    require_count,
    require_name,
    require_one_of,
    require_positive,
    seconds,
    shown,
)
from ninefold.errors import ConfigurationError
from ninefold.sli.objective._window import Window

__all__ = [
    "DependencyAvailability",
    "EventKind",
    "Freshness",
    "HttpAvailability",
    "HttpFirstByte",
    "HttpKind",
    "HttpLatency",
    "Kind",
    "Objective",
    "OperationAvailability",
    "OperationLatency",
    "Quality",
    "Saturation",
    "Side",
    "SliName",
    "StateKind",
    "Throughput",
]

SliName: TypeAlias = Literal[
    "http.availability",
    "http.latency",
    "http.first_byte",
    "operation.availability",
    "operation.latency",
    "dependency.availability",
    "quality",
    "freshness",
    "throughput",
    "saturation",
]
"""What OpenSLO's annotation `ninefold/sli` says."""

Side: TypeAlias = Literal["ours", "theirs"]
"""Whose view of a dependency: its calls as we experience them, or the attempts that reached it."""


def _require_target(target: object) -> None:
    require_between("target", target, 0, 1)
    if target in (0, 1):
        raise ConfigurationError(
            f"target must be above 0 and below 1, got {shown(target)}; a target of 1 leaves no"
            " error budget, so that the first bad event breaks it for the whole window: write"
            " 0.999 for 99.9 %"
        )


def _require_routes(routes: tuple[object, ...] | None) -> None:
    if routes is None:
        return
    if not routes:
        raise ConfigurationError(
            "route must name at least one route, got none; leave it out for the whole service"
        )
    for route in routes:
        if not isinstance(route, str) or not route.startswith("/"):
            raise ConfigurationError(
                "route must be a route's template as the framework spells it, such as"
                f" '/orders/{{id}}', got {shown(route)}"
            )


def _require_flag(name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise ConfigurationError(f"{name} must be True or False, got {shown(value)}")


def routes_of(route: str | Iterable[str] | None) -> tuple[str, ...] | None:
    """One route, several or None, as a sorted tuple; each once."""
    if route is None or isinstance(route, str):
        return None if route is None else (route,)
    if not isinstance(route, Iterable):
        raise ConfigurationError(
            f"route must be a route's template or a list of them, got {shown(route)}"
        )
    # By equality: what has no hash is no template, and is told so by the check.
    several = list(route)
    return tuple(sorted((r for i, r in enumerate(several) if r not in several[:i]), key=str))


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAvailability:
    """Requests that are answered without a fault of ours; `routes` None is the whole service."""

    sli: ClassVar[SliName] = "http.availability"
    routes: tuple[str, ...] | None
    target: float
    window: Window
    count_429: bool = False

    def __post_init__(self) -> None:
        _require_routes(self.routes)
        _require_flag("count_429", self.count_429)
        _require_target(self.target)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpLatency:
    """Good requests that are answered within `threshold` seconds."""

    sli: ClassVar[SliName] = "http.latency"
    routes: tuple[str, ...] | None
    threshold: float
    target: float
    window: Window
    count_429: bool = False

    def __post_init__(self) -> None:
        _require_routes(self.routes)
        _require_flag("count_429", self.count_429)
        seconds("threshold", self.threshold)
        _require_target(self.target)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpFirstByte:
    """Responses whose body begins within `threshold` seconds."""

    sli: ClassVar[SliName] = "http.first_byte"
    routes: tuple[str, ...] | None
    threshold: float
    target: float
    window: Window
    count_429: bool = False

    def __post_init__(self) -> None:
        _require_routes(self.routes)
        _require_flag("count_429", self.count_429)
        seconds("threshold", self.threshold)
        _require_target(self.target)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationAvailability:
    """Runs of an operation that succeed."""

    sli: ClassVar[SliName] = "operation.availability"
    operation: str
    target: float
    window: Window

    def __post_init__(self) -> None:
        require_name("operation", self.operation)
        _require_target(self.target)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationLatency:
    """Successful runs of an operation that take at most `threshold` seconds."""

    sli: ClassVar[SliName] = "operation.latency"
    operation: str
    threshold: float
    target: float
    window: Window

    def __post_init__(self) -> None:
        require_name("operation", self.operation)
        seconds("threshold", self.threshold)
        _require_target(self.target)


@dataclass(frozen=True, slots=True, kw_only=True)
class DependencyAvailability:
    """Calls to a dependency as we experience them, or, on their side, attempts that reached it.

    `slower_than` is how many seconds were agreed for an attempt; `vendor` is whom it was agreed
    with, for reports.
    """

    sli: ClassVar[SliName] = "dependency.availability"
    dependency: str
    target: float
    window: Window
    side: Side = "ours"
    slower_than: float | None = None
    vendor: str | None = None

    def __post_init__(self) -> None:
        require_name("dependency", self.dependency)
        require_one_of("side", self.side, get_args(Side))
        if self.slower_than is not None:
            seconds("slower_than", self.slower_than)
            if self.side == "ours":
                raise ConfigurationError(
                    "slower_than is about attempts that reached them, got"
                    f" {shown(self.slower_than)} with side='ours', where every call but a success"
                    " is bad; write side='theirs', or leave it out"
                )
        if self.vendor is not None:
            require_name("vendor", self.vendor)
        _require_target(self.target)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Items that the application itself counts as good, by `service.events`."""

    sli: ClassVar[SliName] = "quality"
    operation: str
    target: float
    window: Window

    def __post_init__(self) -> None:
        require_name("operation", self.operation)
        _require_target(self.target)


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """Minutes in which the data is at most `threshold` seconds old."""

    sli: ClassVar[SliName] = "freshness"
    operation: str
    threshold: float
    target: float
    window: Window

    def __post_init__(self) -> None:
        require_name("operation", self.operation)
        seconds("threshold", self.threshold)
        _require_target(self.target)


@dataclass(frozen=True, slots=True, kw_only=True)
class Throughput:
    """Minutes with work to do in which at least `threshold` items are processed."""

    sli: ClassVar[SliName] = "throughput"
    operation: str
    threshold: float
    target: float
    window: Window

    def __post_init__(self) -> None:
        require_name("operation", self.operation)
        require_positive("threshold", self.threshold, unit="items per minute")
        _require_target(self.target)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saturation:
    """Minutes in which no instance uses more than the share `threshold` of the resource."""

    sli: ClassVar[SliName] = "saturation"
    operation: str
    threshold: float
    target: float
    window: Window

    def __post_init__(self) -> None:
        require_name("name", self.operation)
        require_between("threshold", self.threshold, 0, 1, above=True)
        _require_target(self.target)


HttpKind: TypeAlias = HttpAvailability | HttpLatency | HttpFirstByte
EventKind: TypeAlias = (
    HttpKind | OperationAvailability | OperationLatency | DependencyAvailability | Quality
)
StateKind: TypeAlias = Freshness | Throughput | Saturation
Kind: TypeAlias = EventKind | StateKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """What a team promises of its service: a kind of SLI with its target, under a name.

    - `name` is `ninefold.slo.name` on the events, and stays the same for as long as history counts.
    - `owner` answers for it, the service's owner by default; `runbook` is where to read what to do,
      `escalation` whom to alert.
    - `min_bad_events` is how many bad events its long window must hold before a page goes out.
    - `source` is where it was declared: `code`, or the path of a file.
    """

    name: str
    kind: Kind
    owner: str | None = None
    runbook: str | None = None
    escalation: str | None = None
    min_bad_events: int = 5
    source: str = "code"

    def __post_init__(self) -> None:
        require_name("objective name", self.name)
        if not isinstance(self.kind, Kind):
            raise ConfigurationError(
                "an objective's kind must be made by nf.availability, nf.latency or one of their"
                f" siblings, got {shown(self.kind)}; write nf.availability(route='/checkout',"
                " target=0.999)"
            )
        for key in ("owner", "runbook", "escalation"):
            if getattr(self, key) is not None:
                require_name(key, getattr(self, key))
        require_count("min_bad_events", self.min_bad_events, minimum=1, unit="events")
