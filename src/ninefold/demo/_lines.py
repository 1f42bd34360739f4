"""The same in plain lines, every few seconds, where there is no terminal: in a log, in CI."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from ninefold.demo import _words
from ninefold.demo._screen import Frame
from ninefold.demo._table import Row

_EVERY: Final = 5.0


class Lines:
    """Writes a frame every 5 seconds, and the last one; a context at whose end that is done."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._written = 0.0
        self._told = 0
        self._last: Frame | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._last is not None:
            self._say(self._last)
            self._tell(self._last)
            self._write("Guarded calls, as /metrics tells of them:")
            for line in self._last.guarded:
                self._write(f"  {line}")
            if self._last.health:
                self._write("Health, as /readyz and /healthz tell of it:")
            for line in self._last.health:
                self._write(f"  {line}")
            if self._last.journey is not None:
                trace_id, steps = self._last.journey
                self._write(f"One trace through both services, {trace_id}:")
                for step in steps:
                    name = "  " * step.depth + step.span.name
                    self._write(
                        f"  {step.span.service:10} {name:34} {_words.duration(step.seconds):>9}"
                    )
            self._write(self._last.spans_go)
            self._write(_words.EXPLAINED)

    def show(self, frame: Frame) -> None:
        """Write `frame` if it is time for one."""
        self._last = frame
        self._tell(frame)
        if frame.elapsed - self._written >= _EVERY:
            self._written = frame.elapsed
            self._say(frame)

    def _tell(self, frame: Frame) -> None:
        """Write what happened since the last time."""
        for line in frame.story[self._told :]:
            self._write(line)
        self._told = len(frame.story)

    def _say(self, frame: Frame) -> None:
        self._write(f"after {frame.elapsed:.0f} s of {frame.seconds:.0f} s:")
        for section, _ in frame.sections:
            for row in (section.whole, *section.routes):
                self._write(f"  {section.service:10} {_line(row)}")
            for row in section.asked:
                self._write(f"  {section.service:10} -> {_line(row, 29)}")
        for line in frame.health:
            self._write(f"  {line}")


def _line(row: Row, width: int = 32) -> str:
    p50, p95, p99 = map(_words.duration, row.quantiles)
    return (
        f"{row.name:{width}} {row.requests:>7,} requests {_words.rate(row.rate):>6}/s"
        f"  availability {_words.share(row.availability):>7}"
        f"  p50 {p50:>8}  p95 {p95:>8}  p99 {p99:>8}  {_words.answers(row)}"
    )
