"""Standing: how one dependency is, from its probes and from real calls to it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ninefold.health._model import LEVELS, Judged, Level, Note, Patience, State
from ninefold.health._series import Series, by_quorum, is_replicated
from ninefold.health._traffic import Traffic

__all__ = ["Standing", "worst"]


class Standing:
    """A dependency: a series of probes for each of its replicas, and its calls.

    A failing probe with succeeding calls is a suspect probe, and a passing probe with failing calls
    is not health.
    """

    __slots__ = ("_began", "_patience", "series", "traffic")

    def __init__(self, patience: Patience, checks: int, began: float) -> None:
        self._patience = patience
        self._began = began
        self.series: Sequence[Series] = [Series(patience) for _ in range(checks)]
        self.traffic = Traffic()

    def judge(self, now: float) -> Judged:
        """How it is at `now`."""
        if not self.series:
            return self._by_calls(now)
        stale = [each for each in self.series if each.is_stale(now)]
        fresh = [each for each in self.series if each not in stale]
        known = [each for each in fresh if each.level is not None]
        failing = self.traffic.says(now) == "failing"
        if not known:
            return self._unknown(now, bool(stale), failing)
        state, notes, reason = self._probed(fresh, known)
        cause = next((each for each in map(_cause, known) if each), None)
        if state == "down":
            since = [each.failing_since for each in known if each.failing_since is not None]
            if self.traffic.says(now, since=min(since, default=now)) == "succeeding":
                told = f"calls succeed, though {reason}"
                return Judged("degraded", (*notes, "probe-suspect"), told, cause)
        elif failing:
            return Judged("down", (*notes, "passive"), self._told_by_calls(), cause)
        return Judged(state, notes, reason, cause)

    def _unknown(self, now: float, is_stale: bool, failing: bool) -> Judged:
        late = now - self._began > self._patience.stale_after
        if is_stale or late:
            # Whoever is to blame, it may be our own scheduler: calls do not decide beside it.
            notes: tuple[Note, ...] = ("stale", "passive") if failing else ("stale",)
            return Judged("unknown", notes, "no probe has told of it for three intervals")
        if failing:
            return Judged("down", ("passive",), self._told_by_calls())
        noted: list[Note] = [note for each in self.series for note in each.notes()]
        told = "; ".join(filter(None, map(_reason, self.series))) or "no probe has ended yet"
        return Judged("starting", tuple(dict.fromkeys(noted)), told)

    def _by_calls(self, now: float) -> Judged:
        match self.traffic.says(now):
            case "failing":
                return Judged("down", ("passive",), self._told_by_calls())
            case "succeeding":
                return Judged("up", (), "")
            case None:
                return Judged("unknown", (), "it has no check, and no calls of late")

    def _told_by_calls(self) -> str:
        if self.traffic.is_refusing:
            return "its breaker lets no call pass"
        return "calls to it fail"

    def _probed(
        self, fresh: Sequence[Series], known: Sequence[Series]
    ) -> tuple[State, tuple[Note, ...], str]:
        notes: list[Note] = [note for each in fresh for note in each.notes()]
        state: State
        if len(self.series) == 1:
            state = known[0].level or "up"
            if is_replicated(known[0].last.finding if known[0].last else None):
                notes.append("quorum")
        else:
            down = [each for each in known if each.level == "down"]
            # A replica that nothing is known of yet counts as one that works.
            up = len(self.series) - len(down)
            state = by_quorum(up, len(self.series), self._patience.quorum)
            if down:
                notes.append("quorum")
            else:
                state = worst(each.level or "up" for each in known)
        if state == "up" and any(each.is_flapping for each in fresh):
            state = "degraded"
        reasons = [] if state == "up" and not notes else list(filter(None, map(_reason, fresh)))
        return state, tuple(dict.fromkeys(notes)), "; ".join(dict.fromkeys(reasons))


def worst(levels: Iterable[Level]) -> Level:
    """The worst of several levels; up where there are none.

    >>> worst(["up", "degraded"])
    'degraded'
    """
    return LEVELS[max(map(LEVELS.index, levels), default=0)]


def _reason(series: Series) -> str:
    last = series.last
    if last is None:
        return ""
    if last.outcome == "timeout":
        return "a probe hangs" if last.stuck else "the last probe timed out"
    if last.outcome == "cancelled":
        return "the last probe could not be made"
    if last.outcome == "failure":
        told = last.error or "failure"
        return f"the last probe failed: {told}" + (f": {last.detail}" if last.detail else "")
    finding = last.finding
    parts: list[str] = []
    if finding is not None and is_replicated(finding):
        parts.append(f"{finding.up} of {finding.of} replicas answer")
    if finding is not None and finding.detail:
        parts.append(finding.detail)
    if "slow" in series.notes():
        parts.append(f"the last probe took {last.took:.3g} s")
    if not parts and (series.level not in (None, "up") or series.is_flapping):
        parts.append("the last probe succeeded")
    return ", ".join(parts)


def _cause(series: Series) -> str | None:
    last = series.last
    return last.finding.cause if last is not None and last.finding is not None else None
