"""Prints results as tables for people."""

from __future__ import annotations

from typing import Final

from bench.result import Cost, Outcome, Result

_TIMES: Final = {"cpu": "of CPU", "elapsed": "elapsed"}


def render(result: Result) -> str:
    """One scenario: a line per variant, per claim and per goal."""
    what = f"µs {_TIMES[result.clock]} per {result.operation}"
    lines = [
        f"{result.name}: {result.title}",
        f"  {what:<44}{'whole':>10}{'added':>10}  quartiles",
    ]
    lines += [_cost_line(cost) for cost in result.costs]
    lines += [
        f"  {'missed' if cost.faults else 'met':<16}{cost.label} {cost.claim}"
        + (f": {'; '.join(cost.faults)}" if cost.faults else "")
        for cost in result.costs
        if cost.claim and cost.unavailable is None
    ]
    labels = {cost.name: cost.label for cost in result.costs}
    lines += [_goal_line(outcome, labels) for outcome in result.outcomes]
    return "\n".join(lines)


def _cost_line(cost: Cost) -> str:
    if cost.median_us is None or cost.added_us is None:
        return f"  {cost.label:<44}not measured: {cost.unavailable}"
    whole = f"  {cost.label:<44}{cost.median_us:>10.2f}"
    if cost.over is None:
        return whole
    spread = "" if cost.low_us is None else f"  {cost.low_us:.2f} to {cost.high_us:.2f}"
    return f"{whole}{cost.added_us:>10.2f}{spread}"


def _goal_line(outcome: Outcome, labels: dict[str, str]) -> str:
    if outcome.against is None:
        above = "" if outcome.above is None else f" above {labels[outcome.above]}"
        found = "" if outcome.found_us is None else f"{above}: {outcome.found_us:.2f} µs"
        note = f" [{outcome.note}]" if outcome.note else ""
        wanted = f" (at most {outcome.at_most_us:g} µs)"
        return f"  {outcome.verdict:<16}{labels[outcome.of]}{found}{wanted}{note}"
    found = "" if outcome.ratio is None else f": {fraction(outcome.ratio)}"
    wanted = "" if outcome.at_most is None else f" (at most {fraction(outcome.at_most)})"
    note = f" [{outcome.note}]" if outcome.note else ""
    what = f"{labels[outcome.of]} / {labels[outcome.against]}"
    return f"  {outcome.verdict:<16}{what}{found}{wanted}{note}"


def fraction(ratio: float) -> str:
    """A ratio as the goals are spoken: 1/20.0 below a half, else 1.20."""
    return f"1/{1 / ratio:.1f}" if 0 < ratio < 0.5 else f"{ratio:.2f}"
