"""Rollup: how the service is, from how its dependencies are and what each means to it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from ninefold.core import nearest
from ninefold.errors import ConfigurationError
from ninefold.health._model import Judged, Note, Place, Status

__all__ = [
    "Gate",
    "Node",
    "Overall",
    "Startup",
    "counts_through",
    "is_indirect",
    "overlaid",
    "refuse_cycle",
    "roll_up",
    "unknown_upstreams",
]

Startup: TypeAlias = Literal["open", "require"]
"""Whether a service whose shared dependency is down at the start deadline serves all the same."""

_TOLD: Final = 5
"""Dependencies that a reason tells of, so that a log line stays one that is read."""

_BAD: Final = ("down", "degraded", "unknown", "starting")


@dataclass(frozen=True, slots=True)
class Node:
    """A dependency: its place, whether it is checked, and how it is."""

    place: Place
    judged: Judged
    is_checked: bool = True


@dataclass(frozen=True, slots=True)
class Overall:
    """How the service is.

    - `live`: whether the process should go on; `ready`: whether it should be sent requests;
      `started`: whether it has ever been ready to.
    - `cause` is the one dependency that the rest follows from, with what it names itself behind it.
    - `affected` are those that are not up because of it.
    - `states` is each dependency's state, with the notes that only the whole graph tells.
    """

    status: Status
    live: bool
    ready: bool
    started: bool
    notes: tuple[Note, ...] = ()
    reason: str = ""
    cause: str | None = None
    affected: tuple[str, ...] = ()
    judged: Mapping[str, Judged] | None = None


class Gate:
    """The start-up gate: closed until every critical dependency was up once, or the deadline.

    At the deadline what is shared no longer holds it closed, unless `startup="require"`; what is
    local is then judged like at any other time. Once open it stays open.
    """

    __slots__ = ("_began", "_deadline", "_is_open", "_startup", "_up", "fail_open")

    def __init__(self, began: float, deadline: float, startup: Startup) -> None:
        self._began = began
        self._deadline = deadline
        self._startup = startup
        self._is_open = False
        self._up: set[str] = set()
        self.fail_open = False
        """Whether it was the deadline that opened it."""

    def is_open(self, now: float, nodes: Iterable[Node], indirect: frozenset[str]) -> bool:
        """Whether the service has started."""
        if self._is_open:
            return True
        waited: list[Node] = []
        for node in nodes:
            if not node.is_checked or not _counts(node.place, indirect):
                continue
            if node.judged.state in ("up", "degraded"):
                self._up.add(node.place.name)
            elif node.place.name not in self._up:
                waited.append(node)
        if not waited:
            self._is_open = True
        elif now - self._began >= self._deadline:
            required = [node for node in waited if node.place.scope == "shared"]
            if self._startup == "open" or not required:
                self._is_open = self.fail_open = True
        return self._is_open


def roll_up(
    nodes: Sequence[Node], *, started: bool, why: str = "no probe has ended yet"
) -> Overall:
    """How the service is, where its process works; `started` is what the gate says.

    `why` is the reason for not having started where no dependency is.
    """
    indirect = is_indirect(node.place for node in nodes)
    by_name = {node.place.name: node for node in nodes}
    judged: dict[str, Judged] = {}
    for node in nodes:
        _inherit(node, by_name, judged)
    status, ready, notes, decided = _status(nodes, judged, indirect)
    if not started:
        status, ready, notes = "STARTING", False, ()
        decided = _holding(nodes, indirect)
    cause, affected = _cause(decided, by_name, judged)
    reason = _reason(decided, judged)
    if not started and not reason:
        reason = why
    return Overall(
        status,
        live=True,
        ready=ready,
        started=started,
        notes=notes,
        reason=reason,
        cause=cause,
        affected=affected,
        judged=judged,
    )


def overlaid(overall: Overall, *, dead: str | None, draining: bool) -> Overall:
    """The same where the process itself no longer works, or is to end.

    `dead` is why it does not, by its heartbeats.
    """
    if dead is not None:
        return replace(
            overall,
            status="DOWN",
            live=False,
            ready=False,
            notes=("heartbeat",),
            reason=dead,
            cause=None,
            affected=(),
        )
    if draining:
        return replace(overall, status="DRAINING", ready=False, reason="it was told to drain")
    return overall


def is_indirect(places: Iterable[Place]) -> frozenset[str]:
    """The names of those that count only through others, which have them as upstreams.

    >>> is_indirect([Place(name="catalog", upstreams=("search",)), Place(name="search")])
    frozenset({'search'})
    """
    return frozenset(counts_through(places))


def counts_through(places: Iterable[Place]) -> dict[str, tuple[str, ...]]:
    """Those that count only through others, with the others' names.

    >>> counts_through([Place(name="catalog", upstreams=("search",)), Place(name="search")])
    {'search': ('catalog',)}
    """
    listed = list(places)
    above: dict[str, list[str]] = {}
    for place in listed:
        for upstream in place.upstreams:
            above.setdefault(upstream, []).append(place.name)
    return {
        place.name: tuple(above[place.name])
        for place in listed
        if place.role is None and place.name in above
    }


def refuse_cycle(places: Mapping[str, Place], added: Place) -> None:
    """Raise `ConfigurationError` where `added` would be upstream of itself."""
    path: dict[str, str] = {}
    waiting = [(upstream, added.name) for upstream in added.upstreams]
    while waiting:
        name, below = waiting.pop()
        if name in path:
            continue
        path[name] = below
        if name == added.name:
            chain = [name]
            while (step := path[chain[-1]]) != name:
                chain.append(step)
            told = " -> ".join([added.name, *reversed(chain)])
            raise ConfigurationError(
                f"{added.name!r} would be upstream of itself ({told}); leave one of these"
                " upstreams out"
            )
        place = places.get(name)
        waiting += [(upstream, name) for upstream in (place.upstreams if place else ())]


def unknown_upstreams(places: Mapping[str, Place]) -> list[str]:
    """What `upstreams` name that is declared nowhere, a sentence each."""
    told: list[str] = []
    for place in places.values():
        for upstream in place.upstreams:
            if upstream not in places:
                near = nearest(upstream, places)
                hint = f"; did you mean {near!r}?" if near is not None else ""
                told.append(
                    f"there is no dependency {upstream!r}, which the upstreams of {place.name!r}"
                    f" name{hint}"
                )
    return told


def _counts(place: Place, indirect: frozenset[str]) -> bool:
    """Whether the service cannot do without it, and calls it itself."""
    return place.role != "optional" and place.name not in indirect


def _inherit(node: Node, by_name: Mapping[str, Node], known: dict[str, Judged]) -> Judged:
    """How a dependency is; one that nothing is known of is as well as what it stands on."""
    name = node.place.name
    if name in known:
        return known[name]
    known[name] = node.judged
    if node.is_checked or node.judged.state != "unknown":
        return node.judged
    for upstream in node.place.upstreams:
        if upstream in by_name:
            state = _inherit(by_name[upstream], by_name, known).state
            if state in ("down", "degraded"):
                told = f"{upstream}, which it stands on, is {state}"
                known[name] = Judged("degraded", ("affected",), told)
                break
    return known[name]


def _status(
    nodes: Sequence[Node], judged: Mapping[str, Judged], indirect: frozenset[str]
) -> tuple[Status, bool, tuple[Note, ...], list[Node]]:
    """The status while the service runs, whether it is ready, and who decided that."""
    local: list[Node] = []
    shared: list[Node] = []
    unknown: list[Node] = []
    lesser: list[Node] = []
    for node in nodes:
        if node.place.name in indirect:
            continue
        state = judged[node.place.name].state
        if state == "down" and node.place.role != "optional":
            (local if node.place.scope == "local" else shared).append(node)
        elif state == "unknown" and node.is_checked:
            unknown.append(node)
        elif state in ("down", "degraded"):
            lesser.append(node)
    if local:
        return "DOWN", False, (), [*local, *shared]
    if shared:
        return "DOWN", True, ("fail-open",), shared
    if unknown:
        return "UNKNOWN", True, ("stale",), unknown
    if lesser:
        return "DEGRADED", True, (), lesser
    return "UP", True, (), []


def _holding(nodes: Sequence[Node], indirect: frozenset[str]) -> list[Node]:
    return [
        node
        for node in nodes
        if node.is_checked
        and _counts(node.place, indirect)
        and node.judged.state not in ("up", "degraded")
    ]


def _reason(decided: Sequence[Node], judged: Mapping[str, Judged]) -> str:
    told: list[str] = []
    for node in decided[:_TOLD]:
        name = node.place.name
        one = judged[name]
        told.append(f"{name} is {one.state}" + (f": {one.reason}" if one.reason else ""))
    if len(decided) > _TOLD:
        told.append(f"and {len(decided) - _TOLD} more")
    return "; ".join(told)


def _cause(
    decided: Sequence[Node], by_name: Mapping[str, Node], judged: Mapping[str, Judged]
) -> tuple[str | None, tuple[str, ...]]:
    """The deepest one that is not well below those that decided, and who stands on it."""
    if not decided:
        return None, ()
    known: dict[str, tuple[str, ...]] = {}
    ranked = sorted(decided, key=lambda node: _BAD.index(judged[node.place.name].state))
    # The longest way says most; of equal ones the first and worst.
    way = max((_down(node.place.name, by_name, judged, known) for node in ranked), key=len)
    cause = way[-1]
    standing: dict[str, bool] = {cause: True}
    affected = sorted(
        name
        for name in by_name
        if name != cause and judged[name].state in _BAD and _stands(name, by_name, standing)
    )
    own = judged[cause].cause
    return (f"{cause} > {own}" if own and own != cause else cause), tuple(affected)


def _down(
    name: str,
    by_name: Mapping[str, Node],
    judged: Mapping[str, Judged],
    known: dict[str, tuple[str, ...]],
) -> tuple[str, ...]:
    """The longest way from `name` down through upstreams that are not well, itself included."""
    if name not in known:
        known[name] = (name,)
        ways = [
            _down(upstream, by_name, judged, known)
            for upstream in by_name[name].place.upstreams
            if upstream in by_name and judged[upstream].state in ("down", "degraded")
        ]
        known[name] = (name, *max(ways, key=len, default=()))
    return known[name]


def _stands(name: str, by_name: Mapping[str, Node], known: dict[str, bool]) -> bool:
    """Whether a dependency stands on one that `known` says so of, however far below."""
    if name not in known:
        known[name] = False
        known[name] = any(
            _stands(upstream, by_name, known)
            for upstream in by_name[name].place.upstreams
            if upstream in by_name
        )
    return known[name]
