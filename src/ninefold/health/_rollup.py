"""Rollup: how the service is, from how its dependencies are and what each means to it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ninefold.health._graph import counts, is_indirect
from ninefold.health._model import Judged, Note, Status
from ninefold.health._node import Node

__all__ = ["Overall", "overlaid", "roll_up"]

_TOLD: Final = 5
"""Dependencies that a reason tells of, so that a log line stays one that is read."""

_BAD: Final = ("down", "degraded", "unknown", "starting")


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


def roll_up(
    nodes: Sequence[Node],
    *,
    started: bool,
    why: str = "no probe has ended yet",
    unproven: frozenset[str] = frozenset(),
) -> Overall:
    """How the service is, where its process works; `started` is what the gate says.

    `why` is the reason for not having started where no dependency is. Those that are `unproven` had
    never been up when the deadline opened the gate: as long as nothing is confirmed of them, nobody
    knows how they are.
    """
    indirect = is_indirect(node.place for node in nodes)
    by_name = {node.place.name: node for node in nodes}
    judged: dict[str, Judged] = {}
    for node in nodes:
        _inherit(node, by_name, judged)
    status, ready, notes, decided = _status(nodes, judged, indirect, unproven)
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
    nodes: Sequence[Node],
    judged: Mapping[str, Judged],
    indirect: frozenset[str],
    unproven: frozenset[str],
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
        elif node.is_checked and (
            state == "unknown" or (state == "starting" and node.place.name in unproven)
        ):
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
        and counts(node.place, indirect)
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
