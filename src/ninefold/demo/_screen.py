"""The live screen: one table per service, redrawn in place while the storefront runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ninefold.demo import _words
from ninefold.demo._spans import Step
from ninefold.demo._story import KEPT
from ninefold.demo._table import Row, Section

_BAR: Final = 28
_WIDE: Final = 110
_FIGURES: Final = (
    ("requests", 8),
    ("req/s", 6),
    ("availability", 12),
    ("p50", 8),
    ("p95", 8),
    ("p99", 8),
)


@dataclass(frozen=True, slots=True)
class Frame:
    """One moment of the run, ready to be shown."""

    elapsed: float
    seconds: float
    sections: Sequence[tuple[Section, str]]
    """Each service, and where its `/metrics` is."""

    spans_go: str
    journey: tuple[str, tuple[Step, ...]] | None
    guarded: Sequence[str] = ()
    """What came of the calls to dependencies, a line each."""

    health: Sequence[str] = ()
    """What the services say of their health, a line each."""

    story: Sequence[str] = ()
    """What happened so far, a line each."""


class Screen:
    """Shows frames on a terminal; a context at whose end the last frame stays."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._last: Frame | None = None

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()
        if self._last is not None:
            # Whole, though it may be higher than the terminal.
            self._console.print(Group(*_blocks(self._last, self._console.width)))

    def show(self, frame: Frame) -> None:
        """Draw `frame`; where the terminal is too low for it, its lowest blocks are left out."""
        self._last = frame
        blocks = _blocks(frame, self._console.width)
        room = self._console.height
        while len(blocks) > 2 and self._lines(blocks) > room:
            blocks.pop()
        self._live.update(Group(*blocks), refresh=True)

    def _lines(self, blocks: Sequence[RenderableType]) -> int:
        return len(self._console.render_lines(Group(*blocks), pad=False))


def _blocks(frame: Frame, width: int) -> list[RenderableType]:
    """The frame's parts, the dispensable ones last."""
    names = [row.name for section, _ in frame.sections for row in _rows(section)]
    widest = max(map(len, names), default=0) + 2
    wide = width >= _WIDE
    whole = f"{frame.elapsed:.0f} of {frame.seconds:.0f} s"
    head = Text.assemble(("ninefold demo", "bold"), f"  {whole}", ("  Ctrl-C ends it", "dim"))
    tables = [
        part
        for section, url in frame.sections
        for part in _table(section, url, widest if wide else 0)
    ]
    return [
        head,
        *tables,
        *_happened(frame),
        *_health(frame),
        *_trace(frame),
        Text(f"\n{_words.EXPLAINED}", style="dim"),
    ]


def _rows(section: Section) -> tuple[Row, ...]:
    return (section.whole, *section.routes, *section.asked)


def _table(section: Section, url: str, widest: int) -> list[RenderableType]:
    """A service's table; with `widest` 0 a narrow one, without answers."""
    title = Text.assemble(
        "\n", (f"{section.service} {section.version}", "bold cyan"), f"  {url}", no_wrap=True
    )
    gap = 2 if widest else 1
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, gap, 0, 0))
    table.add_column("route", min_width=widest, no_wrap=True)
    for name, width in _FIGURES:
        table.add_column(name, justify="right", min_width=width if widest else None, no_wrap=True)
    if widest:
        table.add_column("answers", ratio=1)
    rows = [("", section.whole, "bold"), *(("", row, "") for row in section.routes)]
    rows += [("→ ", row, "dim") for row in section.asked]
    for mark, row, style in rows:
        cells = _cells(mark, row)
        table.add_row(*(cells if widest else cells[:-1]), style=style)
    return [title, table]


def _cells(mark: str, row: Row) -> list[RenderableType]:
    style = ""
    if row.availability is not None:
        style = "green" if row.availability >= 0.999 else "yellow"
    answers = Text(", ").join(
        # A number stays with its status: no-break spaces.
        Text(f"{count:,}\N{NO-BREAK SPACE}x\N{NO-BREAK SPACE}{answer}", style=_colour(answer))
        for answer, count in row.answers
    )
    return [
        Text(mark + row.name),
        f"{row.requests:,}",
        _words.rate(row.rate),
        Text(_words.share(row.availability), style=style),
        *(_words.duration(each) for each in row.quantiles),
        answers,
    ]


def _colour(answer: str) -> str:
    if answer.startswith("2"):
        return ""
    return "yellow" if answer.startswith(("3", "4")) else "red"


def _happened(frame: Frame) -> list[RenderableType]:
    if not frame.guarded:
        return []
    title = Text.assemble("\n", ("Guarded calls", "bold cyan"), "  as /metrics tells of them")
    told = [Text(line, no_wrap=True, overflow="ellipsis") for line in frame.guarded]
    last = [
        Text(line, style="dim", no_wrap=True, overflow="ellipsis") for line in frame.story[-KEPT:]
    ]
    return [Group(title, *told, *last)]


def _health(frame: Frame) -> list[RenderableType]:
    if not frame.health:
        return []
    title = Text.assemble("\n", ("Health", "bold cyan"), "  as /readyz and /healthz tell of it")
    told = [Text(line, no_wrap=True, overflow="ellipsis") for line in frame.health]
    return [Group(title, *told)]


def _trace(frame: Frame) -> list[RenderableType]:
    lines = [Text.assemble("\n", (frame.spans_go, "dim"))]
    if frame.journey is not None:
        trace_id, steps = frame.journey
        lines = [Text.assemble("\n", ("One trace through both", "bold cyan"), f"  {trace_id}")]
        longest = max(step.after + step.seconds for step in steps) or 1.0
        for step in steps:
            begin = min(int(step.after / longest * _BAR), _BAR - 1)
            width = max(1, round(step.seconds / longest * _BAR))
            bar = " " * begin + "━" * min(width, _BAR - begin)
            name = "  " * step.depth + ("→ " if step.span.is_call else "") + step.span.name
            lines.append(
                Text.assemble(
                    (f"{step.span.service:10}", "cyan"),
                    f"{name:34}",
                    f"{_words.duration(step.seconds):>9}  ",
                    (bar, "dim" if step.span.is_call else "green"),
                    no_wrap=True,
                )
            )
        lines.append(Text(frame.spans_go, style="dim"))
    return [Group(*lines)]


def is_for(console: Console) -> bool:
    """Whether the console can be drawn on: a terminal that moves its cursor and knows Unicode."""
    return (
        console.is_terminal
        and not console.is_dumb_terminal
        and console.encoding.lower().startswith("utf")
    )
