"""What a measured scenario says: costs, what they add, and whether the goals are met."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import median, quantiles
from typing import Literal

from bench.measure import Measured
from bench.model import Goal, Scenario, Yardstick

Verdict = Literal["met", "missed", "not measured", "for information"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One variant's figures in microseconds per operation.

    `added` is the median of what each round cost more than its baseline's same round, between the
    quartiles `low` and `high`; a variant without a baseline adds all that it costs.
    """

    name: str
    label: str
    claim: str
    over: str | None
    rounds: int
    median_us: float | None
    fastest_us: float | None
    added_us: float | None
    low_us: float | None
    high_us: float | None
    unavailable: str | None
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One goal: the ratio that was found, and the verdict on it."""

    of: str
    against: str | None
    at_most: float | None
    at_most_us: float | None
    found_us: float | None = None
    above: str | None = None
    ratio: float | None
    verdict: Verdict
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A scenario's costs and outcomes."""

    name: str
    title: str
    operation: str
    clock: str
    costs: tuple[Cost, ...]
    outcomes: tuple[Outcome, ...]


def conclude(scenario: Scenario, measured: dict[str, Measured]) -> Result:
    """Turn samples into costs, and costs into verdicts."""
    costs = {variant.name: _cost(scenario, variant.name, measured) for variant in scenario.variants}
    return Result(
        name=scenario.name,
        title=scenario.title,
        operation=scenario.operation,
        clock=scenario.clock,
        costs=tuple(costs.values()),
        outcomes=tuple(_outcome(goal, costs) for goal in scenario.goals),
    )


def _cost(scenario: Scenario, name: str, measured: dict[str, Measured]) -> Cost:
    variant, found = scenario.variant(name), measured[name]
    whole = found.us()
    baseline = [0.0] * len(whole) if variant.over is None else measured[variant.over].us()
    added = [mine - theirs for mine, theirs in zip(whole, baseline, strict=False)]
    low, _, high = quantiles(added, n=4) if len(added) > 1 else (None, None, None)
    return Cost(
        name=name,
        label=variant.label,
        claim=variant.claim,
        over=variant.over,
        rounds=len(whole),
        median_us=median(whole) if whole else None,
        fastest_us=min(whole) if whole else None,
        added_us=median(added) if added else None,
        low_us=low,
        high_us=high,
        unavailable=found.unavailable,
        faults=tuple(found.faults),
    )


def _outcome(goal: Goal, costs: dict[str, Cost]) -> Outcome:
    if goal.against is None:
        return _absolute(goal, costs)
    of, against = costs[goal.of], costs[goal.against]
    missing = [cost.name for cost in (of, against) if cost.added_us is None or cost.faults]
    if missing or of.added_us is None or against.added_us is None:
        return Outcome(
            of=goal.of,
            against=goal.against,
            at_most=goal.at_most,
            at_most_us=None,
            ratio=None,
            verdict="not measured",
            note=f"see {', '.join(missing)}",
        )
    ratio = of.added_us / against.added_us if against.added_us > 0 else None
    verdict: Verdict
    note = ""
    if goal.at_most is None:
        verdict = "for information"
    else:
        limit = against.added_us * goal.at_most
        if goal.within_noise:
            noise = _noise(costs)
            limit += noise
            note = f"noise {noise:.1f} µs forgiven"
        verdict = "met" if of.added_us <= limit else "missed"
    return Outcome(
        of=goal.of,
        against=goal.against,
        at_most=goal.at_most,
        at_most_us=None,
        ratio=ratio,
        verdict=verdict,
        note=note,
    )


def _absolute(goal: Goal, costs: dict[str, Cost]) -> Outcome:
    of, above = costs[goal.of], None if goal.above is None else costs[goal.above]
    verdict: Verdict = "not measured"
    missing = [
        cost.name
        for cost in (of, above)
        if cost is not None and (cost.added_us is None or cost.faults)
    ]
    notes = [f"see {', '.join(missing)}"] if missing else []
    found = None
    if not missing and of.added_us is not None and goal.at_most_us is not None:
        found = of.added_us - ((above and above.added_us) or 0.0)
        noise = _noise(costs) if goal.within_noise else 0.0
        verdict = "met" if found <= goal.at_most_us + noise else "missed"
        if goal.within_noise:
            notes.append(f"noise {noise:.1f} µs forgiven")
        if goal.yardstick is not None:
            notes += _slowness(goal.yardstick, costs)
    return Outcome(
        of=goal.of,
        against=None,
        at_most=None,
        at_most_us=goal.at_most_us,
        found_us=found,
        above=goal.above,
        ratio=None,
        verdict=verdict,
        note=", ".join(notes),
    )


def _slowness(yardstick: Yardstick, costs: dict[str, Cost]) -> list[str]:
    stick = costs[yardstick.variant]
    if stick.added_us is None:
        return []
    return [f"{stick.label} is {stick.added_us / yardstick.us:.1f} x its {yardstick.us:g} µs"]


def _noise(costs: dict[str, Cost]) -> float:
    """What the control seems to add, though it differs from its baseline in nothing.

    At least two standard errors of its median, so that a control that is right by chance forgives
    what chance may do.
    """
    control = costs.get("control")
    if (
        control is None
        or control.added_us is None
        or control.low_us is None
        or control.high_us is None
    ):
        return 0.0
    # Of a normal distribution: its quartiles lie 1.349 sigma apart, and the median of n values errs
    # by 1.253 sigma / sqrt(n).
    error = (control.high_us - control.low_us) / 1.349 * 1.253 / sqrt(control.rounds)
    return max(abs(control.added_us), 2 * error)
