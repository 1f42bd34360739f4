"""Which routes, operations and dependencies have an objective and an owner, for `coverage`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ninefold.cli._needed import Needed
from ninefold.sli import Objective
from ninefold.sli.http import Route
from ninefold.sli.objective import (
    DependencyAvailability,
    HttpAvailability,
    HttpFirstByte,
    HttpLatency,
)
from ninefold.sli.objective._engine import HEALTH_ROUTES

AUXILIARY: Final = HEALTH_ROUTES | {"/openapi.json", "/docs", "/redoc", "/docs/oauth2-redirect"}
"""Routes by which machines and developers look after a service; users are promised nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A route, operation or dependency, what is promised of it, and who answers for it.

    `kind` is `route`, `dependency`, or what an operation is measured as: `operation`, `quality`, …
    `needed` is what else is known of a dependency.
    """

    kind: str
    name: str
    methods: tuple[str, ...] = ()
    objectives: tuple[Objective, ...]
    owner: str | None
    needed: Needed | None = None

    @property
    def only_as_part(self) -> bool:
        """Whether all that covers it are objectives of the service as a whole."""
        return bool(self.objectives) and all(_is_whole(each) for each in self.objectives)

    @property
    def missing(self) -> int:
        """How much it lacks: an objective, an owner; a critical dependency's check and runbook.

        One that is only watched over, or counts through others alone, lacks no objective: the
        service makes no calls to it that could be counted.
        """
        if self.needed is None:
            return (not self.objectives) + (self.owner is None)
        lacks_objective = self.needed.is_called and not self.objectives
        return lacks_objective + (self.owner is None) + len(self.needed.missing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What `ninefold coverage` reports."""

    service: str
    rows: tuple[Row, ...]
    unknown: tuple[str, ...]
    """Of objectives, overrides and upstreams that name what is not there, a sentence each."""
    left_out: int
    """How many routes were not looked at."""

    @property
    def missing(self) -> int:
        """How much is missing, and what objectives, overrides and upstreams name in vain."""
        return sum(row.missing for row in self.rows) + len(self.unknown)


def covered(
    *,
    service: str,
    owner: str | None,
    routes: Iterable[Route],
    operations: Mapping[str, Mapping[str, str | None]],
    dependencies: Iterable[Needed] = (),
    objectives: Iterable[Objective],
    unknown: Iterable[str],
    everything: bool,
) -> Coverage:
    """Judge; `owner` is the service's, `operations` as `Service` knows them.

    An objective on the service as a whole covers every route but those of `HEALTH_ROUTES`, which
    it does not count. `everything` keeps the routes that are otherwise left out.
    """
    objectives, routes = tuple(objectives), tuple(routes)
    seen = [
        route
        for route in routes
        if everything or not (route.builtin or route.template in AUXILIARY)
    ]
    rows = [_route(route, objectives, owner) for route in seen]
    measured: dict[tuple[str, str], str | None] = {}
    for sli, names in operations.items():
        for name, its_owner in names.items():
            measured.setdefault((_family(sli), name), its_owner)
    rows += [
        _operation(kind, name, objectives, its_owner, owner)
        for (kind, name), its_owner in measured.items()
    ]
    rows += [_dependency(each, objectives, owner) for each in dependencies]
    return Coverage(
        service=service,
        rows=tuple(rows),
        unknown=tuple(unknown),
        left_out=len(routes) - len(seen),
    )


def _route(route: Route, objectives: tuple[Objective, ...], owner: str | None) -> Row:
    named: list[Objective] = []
    whole: list[Objective] = []
    for each in objectives:
        kind = each.kind
        if isinstance(kind, HttpAvailability | HttpLatency | HttpFirstByte):
            if kind.routes is None:
                if route.template not in HEALTH_ROUTES:
                    whole.append(each)
            elif route.template in kind.routes:
                named.append(each)
    return Row(
        kind="route",
        name=route.template,
        methods=route.methods,
        objectives=(*named, *whole),
        owner=_owners(named) or _owners(whole) or owner,
    )


def _operation(
    kind: str,
    name: str,
    objectives: tuple[Objective, ...],
    its_owner: str | None,
    owner: str | None,
) -> Row:
    about = tuple(
        each
        for each in objectives
        if not isinstance(
            each.kind, HttpAvailability | HttpLatency | HttpFirstByte | DependencyAvailability
        )
        and (_family(each.kind.sli), each.kind.operation) == (kind, name)
    )
    # Where nobody else is named, both the operation and its objectives have the service's owner.
    named = its_owner if its_owner != owner else None
    return Row(
        kind=kind, name=name, objectives=about, owner=named or _owners(about) or its_owner or owner
    )


def _dependency(needed: Needed, objectives: tuple[Objective, ...], owner: str | None) -> Row:
    about = tuple(
        each
        for each in objectives
        if isinstance(each.kind, DependencyAvailability) and each.kind.dependency == needed.name
    )
    return Row(
        kind="dependency",
        name=needed.name,
        objectives=about,
        owner=needed.owner or _owners(about) or owner,
        needed=needed,
    )


def _owners(objectives: Iterable[Objective]) -> str | None:
    """Those who answer for the objectives, each once."""
    return ", ".join(dict.fromkeys(each.owner for each in objectives if each.owner)) or None


def _family(sli: str) -> str:
    """What is measured once although several kinds are about it: availability and latency."""
    return sli.partition(".")[0]


def _is_whole(objective: Objective) -> bool:
    return getattr(objective.kind, "routes", ()) is None
