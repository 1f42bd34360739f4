"""Whether a trace is kept: the same answer for the same trace everywhere, at the same share."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Final, TypeAlias

from ninefold.sampling._guard import Guard
from ninefold.sampling._matching import first_fitting
from ninefold.sampling._model import Cap, Sampling
from ninefold.sampling._rate import Rate
from ninefold.sampling._rule import Rule, Seen
from ninefold.sampling._threshold import LOW_56, NEVER, randomness_of, threshold_of
from ninefold.sampling._trace_state import EMPTY, State, parse
from ninefold.telemetry import Started

__all__ = ["BY_DEFAULT", "BY_PARENT", "Head"]

BY_DEFAULT: Final = "default"
BY_PARENT: Final = "parent"


Answer: TypeAlias = tuple[bool, str | None, str]
"""Whether a trace is kept, the `ot` entry that goes on with it, and who decided."""


class _Judged:
    """What becomes of the traces that a rule means, or none does, and the answers for roots."""

    __slots__ = ("dropped", "kept", "name", "rate", "threshold")

    def __init__(self, name: str, threshold: int, rate: Rate | None) -> None:
        self.name = name
        self.threshold = threshold
        """The lowest that there is: `rate` may have a higher one at the moment."""
        self.rate = rate
        entry = None if threshold == NEVER else EMPTY.with_threshold(threshold)
        self.kept: Answer = (True, entry, name)
        self.dropped: Answer = (False, None, name)

    @classmethod
    def by(cls, rule: Rule, rate: Rate | None) -> _Judged:
        """As the rule says."""
        if rate is not None:
            return cls(rule.name, 0, rate)
        return cls(rule.name, NEVER if rule.rate is None else threshold_of(rule.rate), None)


class _Rates:
    """The rates of a head, with what those of the one before have learnt, by name."""

    def __init__(self, before: Head | None, now: float) -> None:
        self._now = now
        self._learnt: dict[str, list[Rate]] = {}
        for each in () if before is None else before._judged:
            if each.rate is not None:
                self._learnt.setdefault(each.name, []).append(each.rate)

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
        "_default",
        "_finally",
        "_first",
        "_first_overriding",
        "_guard",
        "_judged",
        "_obeys",
        "_overriding",
        "_places",
        "_routed",
        "_rules",
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
        judged = [(r, _Judged.by(r, rates.of(r.name, r.per_second))) for r in sampling.rules]
        asked = [each for each in judged if each[0].route is None]
        overriding = [each for each in asked if each[0].override]
        # Where none is kept there is nothing to hold down.
        limit = None if self.threshold == NEVER else sampling.target_per_s
        target = rates.after(None if before is None else before._default.rate, limit)
        self._judged: tuple[_Judged, ...] = tuple(each for _, each in judged)
        # By the rule's bit; where none fits, which is 0, the default decides.
        self._default: _Judged = _Judged(BY_DEFAULT, self.threshold, target)
        self._first = first_fitting([rule for rule, _ in asked]) if asked else None
        self._rules = {0: self._default} | {1 << n: each for n, (_, each) in enumerate(asked)}
        self._first_overriding = (
            first_fitting([rule for rule, _ in overriding]) if overriding else None
        )
        self._overriding = {1 << n: each for n, (_, each) in enumerate(overriding)}
        self._routed: tuple[tuple[int, Rule, _Judged], ...] = tuple(
            (place, rule, each)
            for place, (rule, each) in enumerate(judged)
            if rule.route is not None
        )
        # Where several have one name, the first is meant: the others say the same of fewer.
        self._places = {each.name: place for place, (_, each) in reversed(list(enumerate(judged)))}
        drops = {each.name: each.drop for each in reversed(tuple(sampling.rules))}
        self._finally = frozenset(name for name, drop in drops.items() if drop)
        self.defers = sampling.keep is not None
        """Whether traces that are not kept at first may be kept for how they end."""
        self.propagates = sampling.keep is not None and sampling.keep.propagate == "always"
        """Whether a trace that waits is told to be sampled to those that are called."""
        self.is_plain = not asked and target is None and not self.defers
        """Whether the id alone decides on a root, so that nothing else need be looked at."""
        self.obeys = self._obeys and not overriding and not self.defers
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
        seen: Seen | Started | None = None,
    ) -> Answer:
        """Whether a trace is kept, the `ot` entry that goes on with it, and who decided.

        `entry` is that of the parent. Its randomness is the trace's where it has one; its threshold
        goes on only with a decision that it explains. Rules look at what is `seen`.

        >>> Head(Sampling(default=0.5)).decide((1 << 56) - 1, None, None)
        (True, 'th:8', 'default')
        >>> Head(Sampling()).decide(7, False, "th:0;rv:0123456789abcd")
        (False, 'rv:0123456789abcd', 'parent')
        """
        if parent_sampled is None and entry is None:
            # As most traces begin: nothing has to be read, and the answer is ready.
            first = self._first
            judged = self._default if first is None or seen is None else self._rules[first(seen)]
            randomness, threshold = trace_id & LOW_56, judged.threshold
            if judged.rate is None:
                return judged.kept if randomness >= threshold else judged.dropped
            limit = judged.rate.threshold(self._clock())
            if limit <= threshold:
                return judged.kept if randomness >= threshold else judged.dropped
            if randomness < limit:
                return judged.dropped
            return True, EMPTY.with_threshold(limit), judged.name
        state = EMPTY if entry is None else parse(entry)
        told = state.randomness
        randomness = trace_id & LOW_56 if told is None else told
        obeys = parent_sampled is not None and self._obeys
        if self.propagates and parent_sampled and state.threshold is None:
            # Who called waits as well, and says that it records, not that it keeps.
            obeys = False
        first = self._first_overriding if obeys else self._first
        bit = 0 if first is None or seen is None else first(seen)
        if obeys and not bit:
            kept = parent_sampled is True
            if kept and self._cap is not None:
                kept = self._holds(randomness, self._cap)
            return kept, self._inherited(state, randomness, kept=kept), BY_PARENT
        judged = (self._overriding if obeys else self._rules)[bit]
        threshold = judged.threshold
        if judged.rate is not None:
            threshold = max(threshold, judged.rate.threshold(self._clock()))
        if parent_sampled is None:
            kept = randomness >= threshold
        else:
            kept = self._holds(randomness, threshold)
        return kept, state.with_threshold(threshold if kept else None), judged.name

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
        for at, wanted, judged in self._routed:
            if at > place:
                return None
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
