"""What is said about keeping traces for their outcome, and about the memory that this may take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from ninefold.core import require_count, require_one_of, require_positive, shown
from ninefold.errors import ConfigurationError

__all__ = ["Buffer", "Keep", "Propagate"]

Propagate: TypeAlias = Literal["decision", "always"]
_MB = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Which traces are kept for how they end, whatever their first decision was.

    The spans of this process wait until its part of the trace has ended. Recording costs what it
    costs; what is saved is export and storage. A rule that drops stays final: there nothing waits.

    - `errors=True` keeps a trace in which any span here has the status ERROR.
    - `slower_than` keeps one whose first span here lasts so many seconds or longer; None, the
      default, keeps none for its time.
    - `propagate` says what the services that are called hear of a trace that still waits:
      "decision", the default, that it is not sampled, so that those who follow drop their parts;
      "always", that it is, without a threshold. That is for fleets in which all defer: a
      service that keeps for outcomes as well takes a sampled flag without a threshold for
      undecided, and waits itself, while one that only follows records and exports its whole part.

    A trace kept for its outcome stands for itself alone (`th:0`), as each such trace is kept.

    Raises `ConfigurationError` for what cannot be meant.

    >>> Keep(slower_than=0.5)
    Keep(errors=True, slower_than=0.5, propagate='decision')
    """

    errors: bool = True
    slower_than: float | None = None
    propagate: Propagate = "decision"

    def __post_init__(self) -> None:
        if not isinstance(cast("object", self.errors), bool):
            raise ConfigurationError(
                f"keep.errors must be true or false, got {shown(self.errors)}; write"
                " nf.Keep(errors=True)"
            )
        if self.slower_than is not None:
            require_positive("keep.slower_than", self.slower_than, unit="s")
        require_one_of("keep.propagate", self.propagate, ("decision", "always"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Buffer:
    """How much may wait for a decision, in each process.

    - `max_mb`, 32: megabytes (10^6 bytes) of ended spans, by an estimate that is above what CPython
      takes. Above it the oldest traces without an error give their spans up.
    - `per_trace`, 512: ended spans of one trace.
    - `grace`, 2 s: how long a trace whose first span has ended waits for the others.
    - `max_age`, 60 s: how long ended spans wait for the first one of their trace to end.

    What is given up is counted in `ninefold.sampling.buffer.dropped`, by reason; an error that
    comes later keeps what is left of the trace. The spans of a trace that was sampled from the
    beginning are exported in all these cases.

    Raises `ConfigurationError` for what cannot be meant.

    >>> Buffer(max_mb=8).max_bytes
    8000000
    """

    max_mb: float = 32.0
    per_trace: int = 512
    grace: float = 2.0
    max_age: float = 60.0

    def __post_init__(self) -> None:
        require_positive("buffer.max_mb", self.max_mb, unit="MB")
        require_count("buffer.per_trace", self.per_trace, minimum=1)
        require_positive("buffer.grace", self.grace, unit="s")
        require_positive("buffer.max_age", self.max_age, unit="s")

    @property
    def max_bytes(self) -> int:
        """`max_mb` in bytes."""
        return int(self.max_mb * _MB)
