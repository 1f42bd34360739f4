"""Whether a trace is kept: pure, and the same answer for the same trace id everywhere.

A trace is kept when the low 56 bits of its id, R, are at or above T = 2^56 - round(p * 2^56)
(OpenTelemetry specification, "TraceState: Probability Sampling"): services with different shares
keep nested sets of the same traces.
"""

from __future__ import annotations

from ninefold.sampling._model import Sampling

_SPACE = 1 << 56
_LOW_56 = _SPACE - 1


class Head:
    """Decides by parent and trace id."""

    __slots__ = ("_respect", "_threshold")

    def __init__(self, sampling: Sampling) -> None:
        self._threshold = _SPACE - round(sampling.default * _SPACE)
        self._respect = sampling.parent == "respect"

    @property
    def threshold(self) -> int:
        """T: the trace ids whose low 56 bits are at or above it are kept."""
        return self._threshold

    def keeps(self, trace_id: int, parent_sampled: bool | None) -> bool:
        """Whether a trace is kept; `parent_sampled` is None at a root.

        >>> Head(Sampling(default=0.5)).keeps((1 << 56) - 1, None)
        True
        >>> Head(Sampling(default=0.5)).keeps((1 << 56) - 1, False)
        False
        """
        if parent_sampled is not None and self._respect:
            return parent_sampled
        return trace_id & _LOW_56 >= self._threshold
