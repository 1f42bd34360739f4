"""Whether a trace is kept: pure, and the same answer for the same trace everywhere."""

from __future__ import annotations

from ninefold.sampling._model import Sampling
from ninefold.sampling._threshold import randomness_of, threshold_of
from ninefold.sampling._trace_state import EMPTY, State, parse


class Head:
    """Decides by parent and randomness."""

    __slots__ = ("_respect", "_threshold")

    def __init__(self, sampling: Sampling) -> None:
        self._threshold = threshold_of(sampling.default)
        self._respect = sampling.parent == "respect"

    @property
    def threshold(self) -> int:
        """T: the traces whose randomness is at or above it are kept."""
        return self._threshold

    def keeps(self, trace_id: int, parent_sampled: bool | None) -> bool:
        """Whether a trace is kept that came without a `tracestate`.

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
        self, trace_id: int, parent_sampled: bool | None, entry: str | None
    ) -> tuple[bool, str | None]:
        """Whether a trace is kept, and the `ot` entry that goes on with it.

        `entry` is that of the parent. Its randomness is the trace's where it has one; its threshold
        goes on only with a decision that it explains.

        >>> Head(Sampling(default=0.5)).decide((1 << 56) - 1, None, None)
        (True, 'th:8')
        >>> Head(Sampling()).decide(7, False, "th:0;rv:0123456789abcd")
        (False, 'rv:0123456789abcd')
        """
        state = EMPTY if entry is None else parse(entry)
        randomness = state.randomness
        if randomness is None:
            randomness = randomness_of(trace_id)
        if parent_sampled is not None and self._respect:
            return parent_sampled, _inherited(state, randomness, kept=parent_sampled)
        kept = randomness >= self._threshold
        return kept, state.with_threshold(self._threshold if kept else None)


def _inherited(state: State, randomness: int, *, kept: bool) -> str | None:
    threshold = state.threshold
    # A parent that kept what its threshold rejects decided otherwise: how likely, nobody knows.
    explains = kept and threshold is not None and randomness >= threshold
    return state.with_threshold(threshold if explains else None)
