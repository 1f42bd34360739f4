"""Part: this process's part of a trace that waits, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, Literal, NamedTuple, TypeAlias, TypeVar

__all__ = ["Outcome", "Part", "Reason", "Released"]

S = TypeVar("S")
Reason: TypeAlias = Literal["buffer_bytes", "buffer_age", "buffer_spans"]


class Part(Generic[S]):
    """This process's part of one trace: what began with one span whose parent is not here.

    `sampled` is the first decision, and `rule` who made it. `told` is the threshold that goes with
    what is kept, for outcomes 0; None leaves each span as it is.
    """

    __slots__ = (
        "began",
        "bytes",
        "failed",
        "first",
        "held_at",
        "kept",
        "offers",
        "rule",
        "sampled",
        "spans",
        "told",
        "unended",
        "waiting",
    )

    def __init__(self, rule: str, sampled: bool, began: float) -> None:
        self.first = 0
        """The number of the span that it began with; 0 before that has one."""
        self.rule = rule
        self.sampled = sampled
        self.began = began
        self.waiting = True
        self.kept = False
        self.failed = False
        """Whether an error keeps it."""
        self.told: int | None = None
        self.offers: list[Callable[[], None]] | None = None
        """What the driver does where it is kept: exemplars that point at it."""
        self.unended: set[int] = set()
        """The numbers of its spans that have started and not ended."""
        self.spans: list[tuple[S, int]] = []
        """Those that have ended and wait, with what each weighs; the engine's, as what follows."""
        self.bytes = 0
        self.held_at = 0.0

    def joined(self, span: int) -> None:
        """A span of it started; the first call is for its first. Needs no lock."""
        if not self.first:
            self.first = span
        self.unended.add(span)


class Released(NamedTuple, Generic[S]):
    """Spans that go out now, with the bytes that they are counted for until `gone`."""

    part: Part[S]
    threshold: int | None
    """That of their `th`; None leaves it as it is."""
    spans: Sequence[tuple[S, int]]


class Outcome(Generic[S]):
    """What came of an event; None for what did not come."""

    __slots__ = ("decided", "lost", "released")

    def __init__(self) -> None:
        self.released: list[Released[S]] | None = None
        self.decided: list[Part[S]] | None = None
        """The parts that this event decided."""
        self.lost: list[tuple[Reason, int]] | None = None
        """How many spans were given up, and why."""

    def release(self, released: Released[S]) -> None:
        """These spans go out."""
        if self.released is None:
            self.released = [released]
        else:
            self.released.append(released)

    def decide(self, part: Part[S]) -> None:
        """This part is decided on."""
        if self.decided is None:
            self.decided = [part]
        else:
            self.decided.append(part)

    def lose(self, reason: Reason, spans: int) -> None:
        """So many spans are given up."""
        if self.lost is None:
            self.lost = []
        self.lost.append((reason, spans))
