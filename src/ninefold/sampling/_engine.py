"""Whether a trace is kept: the same answer for the same trace everywhere, at the same share."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Final

from ninefold.sampling._guard import Guard
from ninefold.sampling._model import Cap, Sampling
from ninefold.sampling._rate import Rate
from ninefold.sampling._rule import Rule, Seen
from ninefold.sampling._threshold import NEVER, randomness_of, threshold_of
from ninefold.sampling._trace_state import EMPTY, State, parse

__all__ = ["BY_DEFAULT", "BY_PARENT", "Head"]

BY_DEFAULT: Final = "default"
BY_PARENT: Final = "parent"


class _Judged:
    """A rule, with what becomes of the traces that it means."""

    __slots__ = ("rate", "rule", "threshold")

    def __init__(self, rule: Rule, rate: Rate | None) -> None:
        self.rule = rule
        self.rate = rate
        self.threshold = NEVER if rule.rate is None else threshold_of(rule.rate)


class _Rates:
    """The rates of a head, with what those of the one before have learnt, by name."""

    def __init__(self, before: Head | None, now: float) -> None:
        self._now = now
        self._learnt: dict[str, list[Rate]] = {}
        judged = [] if before is None else [*before._rules, *(each for _, each in before._routed)]
        for each in judged:
            if each.rate is not None:
                self._learnt.setdefault(each.rule.name, []).append(each.rate)

    def of(self, name: str, per_second: float | None) -> Rate | None:
        """The rate of a rule; of several with one name the first is the first again."""
        before = self._learnt.get(name)
        return self.after(before.pop(0) if before else None, per_second)

    def after(self, before: Rate | None, per_second: float | None) -> Rate | None:
        """A rate that knows what the one before did."""
        if per_second is None:
            return None
        if before is None:
            return Rate(per_second, self._now)
        return before if before.per_second == per_second else before.at(per_second)


class Head:
    """Decides when a trace begins here: by its parent, the rules, and its randomness.

    It never changes; a new one takes its place, and knows from the one `before` what load to
    expect: of rules with the same name, and of all that none decides on.
    """

    __slots__ = (
        "_cap",
        "_clock",
        "_finally",
        "_guard",
        "_obeys",
        "_overriding",
        "_places",
        "_routed",
        "_rules",
        "_target",
        "defers",
        "entry",
        "is_plain",
        "obeys",
        "propagates",
        "threshold",
    )

    def __init__(
        self,
        sampling: Sampling,
        clock: Callable[[], float] = perf_counter,
        *,
        before: Head | None = None,
    ) -> None:
        now = clock()
        rates = _Rates(before, now)
        self._clock = clock
        self.threshold = threshold_of(sampling.default)
        """T of the default: the traces whose randomness is at or above it are kept."""
        self.entry = None if self.threshold == NEVER else EMPTY.with_threshold(self.threshold)
        """The `ot` entry of a root that `keeps` keeps."""
        self._obeys = sampling.parent != "ignore"
        self._cap = (
            threshold_of(sampling.parent.share) if isinstance(sampling.parent, Cap) else None
        )
        self._guard: Guard = Guard(now) if before is None else before._guard
        rules = [_Judged(rule, rates.of(rule.name, rule.per_second)) for rule in sampling.rules]
        self._rules: tuple[_Judged, ...] = tuple(each for each in rules if each.rule.route is None)
        self._routed: tuple[tuple[int, _Judged], ...] = tuple(
            each for each in enumerate(rules) if each[1].rule.route is not None
        )
        # Where several have one name, the first is meant: the others say the same of fewer.
        self._places = {each.rule.name: place for place, each in reversed(list(enumerate(rules)))}
        drops = {each.name: each.drop for each in reversed(tuple(sampling.rules))}
        self._finally = frozenset(name for name, drop in drops.items() if drop)
        self._overriding = tuple(each for each in self._rules if each.rule.override)
        # Where none is kept there is nothing to hold down.
        limit = None if self.threshold == NEVER else sampling.target_per_s
        self._target: Rate | None = rates.after(None if before is None else before._target, limit)
        self.defers = sampling.keep is not None
        """Whether traces that are not kept at first may be kept for how they end."""
        self.propagates = sampling.keep is not None and sampling.keep.propagate == "always"
        """Whether a trace that waits is told to be sampled to those that are called."""
        self.is_plain = not self._rules and self._target is None and not self.defers
        """Whether the id alone decides on a root, so that nothing else need be looked at."""
        self.obeys = self._obeys and not self._overriding and not self.defers
        """Whether a trace that a caller drops is dropped, so that nothing else need be asked."""

    def keeps(self, trace_id: int, parent_sampled: bool | None) -> bool:
        """Whether a trace is kept that came without a `tracestate`, where `is_plain`.

        `parent_sampled` is None at a root.

        >>> Head(Sampling(default=0.5)).keeps((1 << 56) - 1, None)
        True
        >>> Head(Sampling(default=0.5)).keeps((1 << 56) - 1, False)
        False
        """
        if parent_sampled is not None and self._obeys:
            return parent_sampled
        return randomness_of(trace_id) >= self.threshold

    def decide(
        self,
        trace_id: int,
        parent_sampled: bool | None,
        entry: str | None,
        seen: Seen | None = None,
    ) -> tuple[bool, str | None, str]:
        """Whether a trace is kept, the `ot` entry that goes on with it, and who decided.

        `entry` is that of the parent. Its randomness is the trace's where it has one; its threshold
        goes on only with a decision that it explains. Rules look at what is `seen`.

        >>> Head(Sampling(default=0.5)).decide((1 << 56) - 1, None, None)
        (True, 'th:8', 'default')
        >>> Head(Sampling()).decide(7, False, "th:0;rv:0123456789abcd")
        (False, 'rv:0123456789abcd', 'parent')
        """
        state, randomness = EMPTY, randomness_of(trace_id)
        if entry is not None:
            state = parse(entry)
            if state.randomness is not None:
                randomness = state.randomness
        obeys = parent_sampled is not None and self._obeys
        if self.propagates and parent_sampled and state.threshold is None:
            # Who called waits as well, and says that it records, not that it keeps.
            obeys = False
        threshold, name = self.threshold, BY_DEFAULT
        judged = None
        if self._rules and seen is not None:
            among = self._overriding if obeys else self._rules
            judged = next((each for each in among if each.rule.fits(seen)), None)
        if judged is not None:
            name = judged.rule.name
            threshold = (
                judged.threshold if judged.rate is None else judged.rate.threshold(self._clock())
            )
        elif obeys:
            kept = parent_sampled is True
            if kept and self._cap is not None:
                kept = self._holds(randomness, self._cap)
            return kept, self._inherited(state, randomness, kept=kept), BY_PARENT
        elif self._target is not None:
            limit = self._target.threshold(self._clock())
            if limit > threshold:
                threshold = limit
        if parent_sampled is None:
            kept = randomness >= threshold
        else:
            kept = self._holds(randomness, threshold)
        if not kept and state is EMPTY:
            return False, None, name
        return kept, state.with_threshold(threshold if kept else None), name

    @staticmethod
    def told(entry: str | None, threshold: int) -> str | None:
        """An `ot` entry with this threshold in the place of its own."""
        return (EMPTY if entry is None else parse(entry)).with_threshold(threshold)

    def is_final(self, rule: str) -> bool:
        """Whether what a rule drops is dropped however it ends."""
        return rule in self._finally

    @property
    def looks_at_routes(self) -> bool:
        """Whether a rule by route is there to be asked when a trace has ended."""
        return bool(self._routed)

    def by_route(
        self,
        rule: str,
        trace_id: int,
        entry: str | None,
        route: str,
        seen: Seen,
        *,
        kept: bool,
    ) -> tuple[str, int] | None:
        """The rule by route that a trace reaches as it ends, and its threshold.

        `rule` made the first decision, `kept` and `entry` are what came of it: of all rules the
        first that fits decides, so one by route speaks only where it stands before that one. None
        where none does, and where this trace's randomness is below the threshold.
        """
        place = self._places.get(rule, len(self._places) + len(self._routed))
        for at, judged in self._routed:
            if at > place:
                return None
            wanted = judged.rule
            if rule == BY_PARENT and not wanted.override:
                continue
            if wanted.route == route and wanted.fits(seen):
                state = EMPTY if entry is None else parse(entry)
                randomness = state.randomness
                if randomness is None:
                    randomness = randomness_of(trace_id)
                threshold = (
                    judged.threshold
                    if judged.rate is None
                    else judged.rate.threshold(self._clock())
                )
                if state.threshold is not None:
                    # Kept at first already: by either of the two, the lower threshold holds.
                    threshold = min(threshold, state.threshold)
                held = randomness >= threshold
                if not kept:
                    # A caller may have chosen the randomness, which is not known any more. Of those
                    # that were dropped at first no more pass than of all.
                    held = self._holds(randomness, threshold)
                return (wanted.name, threshold) if held else None
        return None

    def _holds(self, randomness: int, threshold: int) -> bool:
        """Whether a trace is kept whose randomness its caller chose."""
        kept = randomness >= threshold
        # All that is kept at 1, and nothing at 0, is what was asked for.
        if 0 < threshold < NEVER:
            return self._guard.allows(threshold, kept, self._clock())
        return kept

    def _inherited(self, state: State, randomness: int, *, kept: bool) -> str | None:
        threshold = state.threshold
        # A parent that kept what its threshold rejects decided otherwise: how likely, nobody knows.
        if not kept or threshold is None or randomness < threshold:
            return state.with_threshold(None)
        return state.with_threshold(threshold if self._cap is None else max(threshold, self._cap))
