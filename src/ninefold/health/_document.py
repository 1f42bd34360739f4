"""The documents that answers carry: application/health+json, for machines and for people. Pure.

The format is that of draft-inadarei-api-health-check-06; a status that it has no word for keeps
ours.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from ninefold.core import redacted_text
from ninefold.health._entry import Entry
from ninefold.health._graph import is_indirect
from ninefold.health._model import Judged, Probed
from ninefold.health._rollup import Overall
from ninefold.health._series import Series

__all__ = ["CONTENT_TYPE", "Facts", "alone", "in_full"]

CONTENT_TYPE: Final = "application/health+json"
_LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class Facts:
    """What is told of the service itself."""

    name: str | None = None
    version: str | None = None


def alone(status: str) -> bytes:
    """A status and nothing else: what anybody may know.

    >>> alone("UP")
    b'{"status":"UP"}'
    """
    return _encoded({"status": status})


def in_full(
    status: str,
    facts: Facts,
    overall: Overall,
    entries: Mapping[str, Entry],
    *,
    now: float,
    wall: float,
    verbose: bool,
    first_hand: bool = False,
) -> bytes:
    """All that there is to know, for who may see it; only what is not well unless `verbose`.

    `now` and `wall` are the same moment, on the monotonic and on the wall clock. `first_hand`
    leaves out what other services said, for one of them that asks.
    """
    judged = overall.judged or {}
    document: dict[str, Any] = {"status": status}
    if facts.name is not None:
        document["serviceId"] = facts.name
    if facts.version is not None:
        document["version"] = facts.version
    document["ready"] = overall.ready
    document["live"] = overall.live
    document["started"] = overall.started
    if overall.notes:
        document["notes"] = list(overall.notes)
    if overall.reason:
        document["output"] = _text(overall.reason)
    if overall.cause is not None:
        cause = overall.cause.partition(" > ")[0] if first_hand else overall.cause
        told: dict[str, Any] = {"name": _text(cause)}
        if overall.affected:
            told["affected"] = list(overall.affected)
        document["rootCause"] = told
    well = sum(1 for each in judged.values() if each.state == "up" and not each.notes)
    document["summary"] = {"dependencies": len(judged), "up": well}
    indirect = is_indirect(entry.place for entry in entries.values())
    checks = {
        name: _checks(entry, judged[name], name in indirect, now, wall, first_hand=first_hand)
        for name, entry in entries.items()
        if name in judged and (verbose or judged[name].state != "up" or judged[name].notes)
    }
    if checks:
        document["checks"] = checks
    return _encoded(document)


def _checks(
    entry: Entry, judged: Judged, is_indirect: bool, now: float, wall: float, *, first_hand: bool
) -> list[dict[str, Any]]:
    place = entry.place
    told: dict[str, Any] = {
        "status": judged.state.upper(),
        "role": "through others" if is_indirect else place.role or "critical",
        "scope": place.scope,
    }
    if judged.notes:
        told["notes"] = list(judged.notes)
    if judged.reason:
        told["output"] = _text(judged.reason)
    if judged.cause is not None and not first_hand:
        told["rootCause"] = {"name": _text(judged.cause)}
    if place.upstreams:
        told["upstreams"] = list(place.upstreams)
    told.update({key: _text(value) for key, value in entry.about.items()})
    series: Sequence[Series] = entry.standing.series
    if not series:
        return [told]
    return [{**_found(each.last), **told, **_last(each.last, now, wall)} for each in series]


def _found(probed: Probed | None) -> dict[str, str]:
    """What the last probe told, where nothing more is to be said."""
    return {} if probed is None or not probed.detail else {"output": _text(probed.detail)}


def _last(probed: Probed | None, now: float, wall: float) -> dict[str, Any]:
    if probed is None:
        return {}
    ended = wall - (now - probed.at - probed.took)
    return {
        "outcome": probed.outcome,
        "observedValue": round(probed.took, 6),
        "observedUnit": "s",
        "time": datetime.fromtimestamp(ended, UTC).isoformat(timespec="milliseconds"),
    }


def _text(text: str) -> str:
    """Secrets out, and cut to what a person reads."""
    plain = "".join(each if each.isprintable() else " " for each in redacted_text(text))
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"


def _encoded(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
