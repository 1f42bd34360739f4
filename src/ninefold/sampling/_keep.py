"""What is said about keeping traces for their outcome, and about the memory that this may take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeAlias, cast

from ninefold.core import require_count, require_one_of, require_positive, seconds, shown
from ninefold.errors import ConfigurationError

__all__ = ["Buffer", "Keep", "Propagate"]

Propagate: TypeAlias = Literal["decision", "always"]
_MB = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True, init=False)
class Keep:
    """Which traces are kept for how they end, whatever their first decision was.

    The spans of this process wait until its part of the trace has ended. Recording costs what it
    costs; what is saved is export and storage. A rule that drops stays final: there nothing waits.

    - `errors=True` keeps a trace in which any span here has the status ERROR.
    - `slower_than` keeps one whose first span here lasts so many seconds, or a `timedelta`, or
      longer; None, the default, keeps none for its time.
    - `propagate` says what the services that are called hear of a trace that still waits:
      "decision", the default, that it is not sampled, so that those who follow drop their parts;
      "always", that it is, without a threshold. That is for fleets in which all say "always": they
      take a sampled flag without a threshold for undecided, and wait themselves, while any other
      service takes it for kept, and exports its whole part.

    A trace kept for its outcome stands for itself alone (`th:0`), as each such trace is kept.

    Raises `ConfigurationError` for what cannot be meant.

    >>> Keep(slower_than=0.5)
    Keep(errors=True, slower_than=0.5, propagate='decision')
    """

    errors: bool
    slower_than: float | None
    propagate: Propagate

    # Written out, so that a timedelta goes in while the field is a float to type checkers too.
    def __init__(
        self,
        *,
        errors: bool = True,
        slower_than: float | timedelta | None = None,
        propagate: Propagate = "decision",
    ) -> None:
        if not isinstance(cast("object", errors), bool):
            raise ConfigurationError(
                f"keep.errors must be true or false, got {shown(errors)}; write"
                " nf.Keep(errors=True)"
            )
        if slower_than is not None:
            slower_than = seconds("keep.slower_than", slower_than)
        require_one_of("keep.propagate", propagate, ("decision", "always"))
        object.__setattr__(self, "errors", errors)
        object.__setattr__(self, "slower_than", slower_than)
        object.__setattr__(self, "propagate", propagate)

    @property
    def keeps_nothing(self) -> bool:
        """Whether no outcome speaks for a trace; a rule by route may all the same."""
        return not self.errors and self.slower_than is None


@dataclass(frozen=True, slots=True, kw_only=True, init=False)
class Buffer:
    """How much may wait for a decision, in each process.

    - `max_mb`, 32: megabytes (10^6 bytes) of ended spans, by an estimate that is above what CPython
      takes. Above it the oldest traces without an error give their spans up.
    - `per_trace`, 512: ended spans of one trace.
    - `grace`, 2 s: how long a trace whose first span has ended waits for the others.
    - `max_age`, 60 s: how long ended spans wait for the first one of their trace to end. Both may
      be a `timedelta`.

    What is given up is counted in `ninefold.sampling.buffer.dropped`, by reason; an error that
    comes later keeps what is left of the trace. The spans of a trace that was sampled from the
    beginning are exported in all these cases.

    Raises `ConfigurationError` for what cannot be meant.

    >>> Buffer(max_mb=8).max_bytes
    8000000
    """

    max_mb: float
    per_trace: int
    grace: float
    max_age: float

    # Written out as in Keep.
    def __init__(
        self,
        *,
        max_mb: float = 32.0,
        per_trace: int = 512,
        grace: float | timedelta = 2.0,
        max_age: float | timedelta = 60.0,
    ) -> None:
        require_positive("buffer.max_mb", max_mb, unit="MB")
        require_count("buffer.per_trace", per_trace, minimum=1)
        object.__setattr__(self, "max_mb", max_mb)
        object.__setattr__(self, "per_trace", per_trace)
        object.__setattr__(self, "grace", seconds("buffer.grace", grace))
        object.__setattr__(self, "max_age", seconds("buffer.max_age", max_age))

    @property
    def max_bytes(self) -> int:
        """`max_mb` in bytes."""
        return int(self.max_mb * _MB)
