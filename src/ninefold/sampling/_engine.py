"""Whether a trace is kept: the same answer for the same trace everywhere, at the same share."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Final, TypeAlias

from ninefold.sampling._matching import first_fitting
from ninefold.sampling._model import Sampling
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
    def by(cls, rule: Rule, now: float) -> _Judged:
        """As the rule says."""
        if rule.per_second is not None:
            return cls(rule.name, 0, Rate(rule.per_second, now))
        return cls(rule.name, NEVER if rule.rate is None else threshold_of(rule.rate), None)


class Head:
    """Decides when a trace begins here: by its parent, the rules, and its randomness."""

    __slots__ = (
        "_clock",
        "_default",
        "_entry",
        "_finally",
        "_first",
        "_first_overriding",
        "_overriding",
        "_places",
        "_respect",
        "_routed",
        "_rules",
        "_threshold",
        "defers",
        "is_plain",
        "propagates",
    )

    def __init__(self, sampling: Sampling, clock: Callable[[], float] = perf_counter) -> None:
        now = clock()
        self._clock = clock
        self._threshold = threshold_of(sampling.default)
        self._entry = None if self._threshold == NEVER else EMPTY.with_threshold(self._threshold)
        self._respect = sampling.parent == "respect"
        judged = [(rule, _Judged.by(rule, now)) for rule in sampling.rules]
        asked = [each for each in judged if each[0].route is None]
        overriding = [each for each in asked if each[0].override]
        target = None if sampling.target_per_s is None else Rate(sampling.target_per_s, now)
        # By the rule's bit; where none fits, which is 0, the default decides.
        self._default = _Judged(BY_DEFAULT, self._threshold, target)
        self._first = first_fitting([rule for rule, _ in asked]) if asked else None
        self._rules = {0: self._default} | {1 << n: each for n, (_, each) in enumerate(asked)}
        self._first_overriding = (
            first_fitting([rule for rule, _ in overriding]) if overriding else None
        )
        self._overriding = {1 << n: each for n, (_, each) in enumerate(overriding)}
        self._routed = tuple(
            (place, rule, each)
            for place, (rule, each) in enumerate(judged)
            if rule.route is not None
        )
        # Where several have one name, the first is meant: the others say the same of fewer.
        self._places = {each.name: place for place, (_, each) in reversed(list(enumerate(judged)))}
        self._finally = frozenset(each.name for each in sampling.rules if each.drop)
        self.defers = sampling.keep is not None
        """Whether traces that are not kept at first may be kept for how they end."""
        self.propagates = sampling.keep is not None and sampling.keep.propagate == "always"
        """Whether a trace that waits is told to be sampled to those that are called."""
        self.is_plain = not asked and target is None and not self.defers
        """Whether parent and trace id alone decide, so that nothing else need be looked at."""

    @property
    def follows(self) -> bool:
        """Whether a caller's decision is respected."""
        return self._respect

    @property
    def entry(self) -> str | None:
        """The `ot` entry of a root that `keeps` keeps."""
        return self._entry

    @property
    def threshold(self) -> int:
        """T of the default: the traces whose randomness is at or above it are kept."""
        return self._threshold

    def keeps(self, trace_id: int, parent_sampled: bool | None) -> bool:
        """Whether a trace is kept that came without a `tracestate`, where `is_plain`.

        `parent_sampled` is None at a root.

        >>> Head(Sampling(default=0.5)).keeps((1 << 56) - 1, None)
        True
        >>> Head(Sampling(default=0.5)).keeps((1 << 56) - 1, False)
        False
        """
        if parent_sampled is not None and self._respect:
            return parent_sampled
        return randomness_of(trace_id) >= self._threshold

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
            threshold = max(threshold, judged.rate.threshold(self._clock()))
            if randomness < threshold:
                return judged.dropped
            return True, EMPTY.with_threshold(threshold), judged.name
        state = EMPTY if entry is None else parse(entry)
        told = state.randomness
        randomness = trace_id & LOW_56 if told is None else told
        follows = parent_sampled is not None and self._respect
        if self.propagates and parent_sampled and state.threshold is None:
            # Who called waits as well, and says that it records, not that it keeps.
            follows = False
        first = self._first_overriding if follows else self._first
        bit = 0 if first is None or seen is None else first(seen)
        if follows and not bit:
            kept = parent_sampled is True
            return kept, _inherited(state, randomness, kept=kept), BY_PARENT
        judged = (self._overriding if follows else self._rules)[bit]
        threshold = judged.threshold
        if judged.rate is not None:
            threshold = max(threshold, judged.rate.threshold(self._clock()))
        kept = randomness >= threshold
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
        self, rule: str, trace_id: int, entry: str | None, route: str, seen: Seen
    ) -> tuple[str, int] | None:
        """The rule by route that a trace reaches as it ends, and its threshold.

        `rule` made the first decision, `entry` is what came of it: of all rules the first that fits
        decides, so one by route speaks only where it stands before that one. None where none does,
        and where this trace's randomness is below the threshold.
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
                return (wanted.name, threshold) if randomness >= threshold else None
        return None


def _inherited(state: State, randomness: int, *, kept: bool) -> str | None:
    threshold = state.threshold
    # A parent that kept what its threshold rejects decided otherwise: how likely, nobody knows.
    explains = kept and threshold is not None and randomness >= threshold
    return state.with_threshold(threshold if explains else None)
