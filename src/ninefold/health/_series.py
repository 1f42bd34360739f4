"""Series: what one check found, probe after probe, and what of that is confirmed. Pure."""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from typing import Final

from ninefold.health._model import LEVELS, Finding, Level, Note, Patience, Probed

__all__ = ["FLAPPING_AT", "REMEMBERED", "STEADY_AT", "Series"]

REMEMBERED: Final = 10
"""Probes that are looked at for flapping."""

FLAPPING_AT: Final = 5
"""Changes among them from which on it flaps: every other pair of neighbours differs."""

STEADY_AT: Final = 2
"""Changes among them down to which it no longer does: one outage that came and went."""


class Series:
    """The probes of one check.

    A level is believed once it was found `fail_after` times in a row, or worse, on the way down,
    and `recover_after` times, or better, on the way up; the first success is believed at once, as
    nothing contradicts it. A cancelled probe is no evidence.
    """

    __slots__ = (
        "_at",
        "_best",
        "_changes",
        "_good",
        "_patience",
        "_run",
        "_worse",
        "failing_since",
        "last",
        "level",
    )

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._at: float | None = None
        self._run: list[int] = []
        self._good: deque[bool] = deque(maxlen=REMEMBERED)
        self._changes = False
        self.level: Level | None = None
        """What is believed; None before anything is."""
        self.last: Probed | None = None
        """The last probe that was evidence, or whatever came last before there was any."""
        self.failing_since: float | None = None
        """When the first failure began of those that are believed, or would be if more came."""

    def take(self, probed: Probed) -> None:
        """Take one probe that ended."""
        if probed.outcome == "cancelled":
            if self.last is None:
                self.last = probed
            return
        found = LEVELS.index(self._found(probed))
        self._at = probed.at + probed.took
        self.last = probed
        self._good.append(found == 0)
        self._weigh(found)
        if found < 2 and self.level != "down":
            self.failing_since = None
        elif self.failing_since is None:
            self.failing_since = probed.at
        self._look_for_flapping()

    def is_unconfirmed(self) -> bool:
        """Whether the last probe found something else than what is believed."""
        return bool(self._run)

    def is_stale(self, now: float) -> bool:
        """Whether there was evidence, and none for three intervals."""
        return self._at is not None and now - self._at > self._patience.stale_after

    def notes(self) -> list[Note]:
        """What is to be said beside the level."""
        noted: list[Note] = []
        last = self.last
        if self._run and max(self._run) > LEVELS.index(self.level or "up"):
            noted.append("suspect")
        if self._changes:
            noted.append("flapping")
        if last is not None:
            if last.outcome == "success" and self._is_slow(last):
                noted.append("slow")
            if last.finding is not None and last.finding.pool:
                noted.append("pool")
            if last.stuck:
                noted.append("stuck")
        return noted

    @property
    def is_flapping(self) -> bool:
        """Whether the probes differ from each other so often that none can be believed."""
        return self._changes

    def _weigh(self, found: int) -> None:
        believed = self.level
        if believed is None:
            self._run = [*self._run, found] if found else []
            if found == 0:
                self.level = "up"
            elif len(self._run) >= self._patience.fail_after:
                self._settle(min(self._run[-self._patience.fail_after :]))
            return
        now = LEVELS.index(believed)
        if found == now:
            self._run = []
            return
        if self._run and (self._run[-1] > now) != (found > now):
            self._run = []
        self._run.append(found)
        if found > now:
            wanted = self._patience.fail_after
            if len(self._run) >= wanted:
                # The best of them is what all of them are, or worse than.
                self._settle(min(self._run[-wanted:]))
        else:
            wanted = self._patience.recover_after
            if len(self._run) >= wanted:
                self._settle(max(self._run[-wanted:]))

    def _settle(self, level: int) -> None:
        self.level = LEVELS[level]
        # What was found beyond it, again and again up to now, is still to be confirmed: further in
        # the same direction, as the level is the nearest that the run has.
        beyond: list[int] = []
        for found in reversed(self._run):
            if found == level:
                break
            beyond.insert(0, found)
        self._run = beyond

    def _look_for_flapping(self) -> None:
        good = list(self._good)
        changes = sum(one != other for one, other in pairwise(good))
        self._changes = changes >= FLAPPING_AT or (self._changes and changes > STEADY_AT)

    def _found(self, probed: Probed) -> Level:
        finding = probed.finding
        if probed.outcome != "success" or finding is None:
            return "down"
        level = finding.level
        if finding.up is not None and finding.of is not None:
            level = _worse(level, by_quorum(finding.up, finding.of, self._patience.quorum))
        if self._is_slow(probed):
            level = _worse(level, "degraded")
        return level

    def _is_slow(self, probed: Probed) -> bool:
        budget = self._patience.latency_budget
        return budget is not None and probed.took > float(budget)  # type: ignore[arg-type]


def by_quorum(up: int, of: int, quorum: int | None) -> Level:
    """How replicas are together, `up` of `of`, where `quorum` must be; more than half by default.

    >>> by_quorum(2, 3, None), by_quorum(1, 3, None), by_quorum(1, 3, 1)
    ('degraded', 'down', 'degraded')
    """
    wanted = of // 2 + 1 if quorum is None else min(quorum, of)
    if up >= of:
        return "up"
    return "degraded" if up >= wanted else "down"


def is_replicated(finding: Finding | None) -> bool:
    """Whether a finding tells of replicas of which not all are up."""
    return (
        finding is not None
        and finding.up is not None
        and finding.of is not None
        and finding.up < finding.of
    )


def _worse(one: Level, other: Level) -> Level:
    return LEVELS[max(LEVELS.index(one), LEVELS.index(other))]
