"""What ninefold is to reach beside its peers, and whether it did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from bench.health.burst import Burst
from bench.health.figures import Figures
from bench.health.timeline import Observed

Verdict = Literal["met", "missed", "not measured"]

OURS: Final = "ninefold"
DETECTED_WITHIN: Final = 3.0
"""Seconds after the third failing probe's start, as the orchestrator sees it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One goal: what was wanted, what was found, and the verdict."""

    wanted: str
    verdict: Verdict
    found: str


def judge(rows: Sequence[Observed], bursts: Sequence[Burst]) -> list[Outcome]:
    """Every goal, in the order of the issue."""
    outcomes = [_never_falsely_not_ready(rows), _burst_answered(bursts)]
    outcomes += [_detected(each) for each in rows if each.row.hurts]
    outcomes += [_fewest_calls(each) for each in rows]
    outcomes.append(_fewest_in_bursts(bursts))
    return outcomes


def _ours(observed: Observed) -> dict[str, Figures]:
    return {door: found for (name, door), found in observed.figures.items() if name == OURS}


def _never_falsely_not_ready(rows: Sequence[Observed]) -> Outcome:
    wanted = "ninefold: 0 s of false 'not ready' in every row, on either port"
    if any(not _ours(each) for each in rows):
        return Outcome(wanted, "not measured", "")
    wrong = [
        f"{each.row.name} ({door}) {found.false_not_ready:g} s"
        for each in rows
        for door, found in _ours(each).items()
        if found.false_not_ready
    ]
    return Outcome(wanted, "missed" if wrong else "met", ", ".join(wrong) or f"{len(rows)} rows")


def _burst_answered(bursts: Sequence[Burst]) -> Outcome:
    wanted = "ninefold: each of 200 probes at once is told 'ready' within a second"
    ours = [each for each in bursts if each.library == OURS]
    if not ours:
        return Outcome(wanted, "not measured", "")
    wrong = [
        f"{each.door}: {each.refused} refused, {each.unanswered} unanswered"
        for each in ours
        if each.refused or each.unanswered
    ]
    return Outcome(wanted, "missed" if wrong else "met", ", ".join(wrong) or f"{len(ours)} bursts")


def _detected(observed: Observed) -> Outcome:
    wanted = (
        f"{observed.row.name}: ninefold tells it within {DETECTED_WITHIN:g} s of the third failing"
        " probe's start"
    )
    ours = _ours(observed)
    if not ours:
        return Outcome(wanted, "not measured", "")
    worst = {door: worst_of(found.after_third) for door, found in ours.items()}
    is_met = all(after is not None and after <= DETECTED_WITHIN for after in worst.values())
    found = ", ".join(f"{door} {seconds(after)}" for door, after in worst.items())
    return Outcome(wanted, "met" if is_met else "missed", found)


def _fewest_calls(observed: Observed) -> Outcome:
    wanted = f"{observed.row.name}: ninefold makes the fewest calls"
    # A peer that is told to ask nothing in this row is no yardstick.
    calls = {name: found.calls for (name, _), found in observed.figures.items() if found.calls}
    outcome = _fewest(wanted, calls)
    if outcome.verdict != "missed":
        return outcome
    wrong = [
        f"{name} told {found.false_not_ready:g} s of false 'not ready' and {found.false_ready:g} s"
        " of false 'ready'"
        for (name, _), found in observed.figures.items()
        if name != OURS
        and found.calls < calls[OURS]
        and (found.false_not_ready or found.false_ready)
    ]
    return replace(outcome, found="; ".join([outcome.found, *wrong]))


def _fewest_in_bursts(bursts: Sequence[Burst]) -> Outcome:
    calls: dict[str, int] = {}
    for each in bursts:
        calls[each.library] = max(calls.get(each.library, 0), each.calls)
    return _fewest("ninefold makes the fewest calls in any burst", calls)


def _fewest(wanted: str, calls: dict[str, int]) -> Outcome:
    if OURS not in calls or len(calls) < 2:
        return Outcome(wanted, "not measured", "")
    best = min((name for name in calls if name != OURS), key=lambda name: calls[name])
    found = f"{calls[OURS]} against {calls[best]} ({best})"
    return Outcome(wanted, "met" if calls[OURS] <= calls[best] else "missed", found)


def worst_of(seconds: Sequence[float | None]) -> float | None:
    """The longest; None, "not at all", is longer than any."""
    known = [each for each in seconds if each is not None]
    return max(known) if known and len(known) == len(seconds) else None


def seconds(worst: float | None) -> str:
    """A duration for people."""
    return "never" if worst is None else f"{worst:.1f} s"
