"""Prints the rows, bursts and goals as tables for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bench.health.burst import Burst
from bench.health.figures import Figures
from bench.health.goals import Outcome, worst_of
from bench.health.rows import BELIEF, RETURN
from bench.health.timeline import Lag, Observed

DOORS: Final = {"admin": "ninefold, admin port", "app": "ninefold, application port"}

NOTES: Final = f"""
  false      seconds of a wrong answer, or of none; for {BELIEF:g} s after a fault "ready" is not
             false, nor for {RETURN:g} s after its end "not ready", which has its own column
  acted on   for how long Kubernetes would have taken out an instance that was well: after 3
             failed probes in a row
  detect,    the longest of the faults, as the orchestrator saw it, once a second
  recover
  calls      per minute, at one probe a second; with Kubernetes' default of 10 s a library that
             asks at each probe makes a tenth of them
"""

_COLUMNS: Final = (
    ("false not", "ready s", 10),
    ("acted", "on s", 7),
    ("false", "ready s", 9),
    ("detect", "s", 8),
    ("recover", "s", 9),
    ("probe", "p50 ms", 9),
    ("probe", "p99 ms", 9),
    ("calls", "/min", 8),
)


def render_row(observed: Observed) -> str:
    """One row: a line per door."""
    row = observed.row
    wanted = "not ready" if row.hurts else "ready"
    lines = [f"{row.name}: {row.title}; wanted meanwhile: {wanted}"]
    for part in (0, 1):
        heads = "".join(f"{column[part]:>{column[2]}}" for column in _COLUMNS)
        lines.append(f"  {'':<30}{heads}")
    lines += [_line(label(*who), found) for who, found in observed.figures.items()]
    lines += [f"  {name:<30}not measured: {why}" for name, why in observed.unavailable.items()]
    lines += [f"  !! {fault}" for fault in observed.faults]
    return "\n".join(lines)


def render_bursts(bursts: Sequence[Burst]) -> str:
    """The worst burst of each door, cold and warm."""
    lines = [
        "burst: 200 probes at once, the dependency well and taking 50 ms",
        f"  {'':<30}{'':>6}{'refused':>9}{'unanswered':>12}{'p50 ms':>9}{'p99 ms':>9}{'calls':>7}",
    ]
    doors = dict.fromkeys((each.library, each.door, each.cold) for each in bursts)
    for library, door, cold in doors:
        mine = [
            each for each in bursts if (each.library, each.door, each.cold) == (library, door, cold)
        ]
        lines.append(
            f"  {label(library, door):<30}{'cold' if cold else 'warm':>6}"
            f"{max(each.refused for each in mine):>9}{max(each.unanswered for each in mine):>12}"
            f"{max(each.p50_ms for each in mine):>9.1f}{max(each.p99_ms for each in mine):>9.1f}"
            f"{max(each.calls for each in mine):>7}"
        )
    return "\n".join(lines)


def render_goals(outcomes: Sequence[Outcome]) -> str:
    """A line per goal."""
    return "\n".join(
        f"  {each.verdict:<14}{each.wanted}" + (f": {each.found}" if each.found else "")
        for each in outcomes
    )


def render_lag(lag: Lag) -> str:
    """How far to believe latencies."""
    return f"the harness itself woke up to {lag.longest_ms:.0f} ms late (p99 {lag.p99_ms:.1f} ms)"


def label(library: str, door: str) -> str:
    """Who is probed, for people."""
    return DOORS.get(door, library)


def _line(who: str, found: Figures) -> str:
    texts = (
        f"{found.false_not_ready:g}",
        f"{found.acted_on:g}",
        f"{found.false_ready:g}",
        _longest(found.detected),
        _longest(found.recovered),
        f"{found.p50_ms:.1f}",
        f"{found.p99_ms:.1f}",
        f"{found.calls_per_minute:.1f}",
    )
    columns = zip(texts, _COLUMNS, strict=True)
    return f"  {who:<30}" + "".join(f"{text:>{column[2]}}" for text, column in columns)


def _longest(seconds: Sequence[float | None]) -> str:
    if not seconds:
        return "-"
    worst = worst_of(seconds)
    return "never" if worst is None else f"{worst:.1f}"
