"""What the probes of one door say: seconds of wrong answers, detection, recovery, latency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Final

from bench.health.prober import Probe
from bench.health.rows import CHECK_TIMEOUT, FAILURE_THRESHOLD, PERIOD, Plan, Row, Truth

_REPROBED: Final = 1.0
"""Seconds from a failed probe of ninefold's to the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One door in one row; all in seconds but the latencies, in milliseconds.

    Each probe stands for the period until the next. `acted_on` is for how long Kubernetes would
    have taken the instance out of service though it was well: `failureThreshold` probes in a row.
    `detected`, `after_third` and `recovered` have one entry per fault: since the fault, since the
    start of the third call that failed, and since the fault's end; None is "not at all". Where one
    call hangs and none is added to it, a third counts from when ninefold's would have begun.
    """

    probes: int
    false_not_ready: float
    acted_on: float
    false_ready: float
    detected: tuple[float | None, ...]
    after_third: tuple[float | None, ...]
    recovered: tuple[float | None, ...]
    p50_ms: float
    p99_ms: float
    calls: int
    calls_per_minute: float


def conclude(
    row: Row, plan: Plan, probes: Sequence[Probe], calls: Sequence[float], counted: int
) -> Figures:
    """Hold the probes against the truth.

    `calls` are the starts of the check's calls, in seconds since the probers began; `counted` is
    how many calls there were.
    """
    wrong = [_is_wrong(row, plan, probe) for probe in probes]
    removed = _removed(probes)
    faults = list(plan.faults())
    p50, p99 = latencies(probes)
    return Figures(
        probes=len(probes),
        false_not_ready=PERIOD * wrong.count(Truth.READY),
        acted_on=PERIOD
        * sum(out and _truth(row, plan, probe) is Truth.READY for probe, out in removed),
        false_ready=PERIOD * wrong.count(Truth.NOT_READY),
        detected=tuple(_detected(probes, *fault) for fault in faults) if row.hurts else (),
        after_third=tuple(_after_third(probes, calls, *fault) for fault in faults)
        if row.hurts
        else (),
        recovered=tuple(
            _recovered(probes, ends, begins_next)
            for (_, ends), begins_next in zip(
                faults, [begins for begins, _ in faults[1:]] + [plan.end], strict=True
            )
        )
        if row.hurts
        else (),
        p50_ms=p50,
        p99_ms=p99,
        calls=counted,
        calls_per_minute=counted / plan.end * 60,
    )


def latencies(probes: Sequence[Probe]) -> tuple[float, float]:
    """The median and the p99 in milliseconds; a probe without an answer counts as it lasted."""
    took = [probe.took * 1000 for probe in probes]
    if len(took) < 2:
        return (took[0], took[0]) if took else (0.0, 0.0)
    return median(took), quantiles(took, n=100, method="inclusive")[98]


def _truth(row: Row, plan: Plan, probe: Probe) -> Truth:
    """The truth during the probe; where it changed meanwhile, either."""
    truth = plan.truth(row, probe.at)
    return truth if truth is plan.truth(row, probe.ended) else Truth.EITHER


def _is_wrong(row: Row, plan: Plan, probe: Probe) -> Truth | None:
    """The truth that the probe got wrong, or None."""
    truth = _truth(row, plan, probe)
    told = Truth.READY if probe.is_ready else Truth.NOT_READY
    return None if truth in {Truth.EITHER, told} else truth


def _removed(probes: Sequence[Probe]) -> list[tuple[Probe, bool]]:
    """Whether Kubernetes has the instance out of service after each probe."""
    failed = 0
    found: list[tuple[Probe, bool]] = []
    for probe in probes:
        failed = 0 if probe.is_ready else failed + 1
        found.append((probe, failed >= FAILURE_THRESHOLD))
    return found


def _first_not_ready(probes: Sequence[Probe], begins: float, ends: float) -> Probe | None:
    during = (probe for probe in probes if begins <= probe.at < ends)
    return next((probe for probe in during if not probe.is_ready), None)


def _detected(probes: Sequence[Probe], begins: float, ends: float) -> float | None:
    first = _first_not_ready(probes, begins, ends)
    return None if first is None else first.ended - begins


def _after_third(
    probes: Sequence[Probe], calls: Sequence[float], begins: float, ends: float
) -> float | None:
    first = _first_not_ready(probes, begins, ends)
    failing = [call for call in calls if begins <= call < ends]
    if first is None or not failing:
        return None
    if len(failing) < 3:
        return first.ended - (failing[0] + CHECK_TIMEOUT + 2 * _REPROBED)
    return first.ended - failing[2]


def _recovered(probes: Sequence[Probe], ends: float, until: float) -> float | None:
    """From when on all answers were "ready" again."""
    after = [probe for probe in probes if ends <= probe.at < until]
    lasting: Probe | None = None
    for probe in reversed(after):
        if not probe.is_ready:
            break
        lasting = probe
    return None if lasting is None else lasting.ended - ends
