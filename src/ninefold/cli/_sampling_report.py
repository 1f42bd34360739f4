"""What a simulation says: for people as tables, for programs as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Final

from ninefold.cli._sampling_traffic import Source, counted
from ninefold.sampling.simulation import Row, Share, Tally

__all__ = ["Prices", "Simulation", "as_json", "as_text"]

_MONTH: Final = 30 * 86_400
"""Seconds in 30 days."""
_GB: Final = 1e9
_NOTHING: Final = "-"
_ESTIMATED: Final = "were not recorded: th in the trace state says that others stand for them"


@dataclass(frozen=True, slots=True)
class Prices:
    """What is paid, in whatever currency."""

    per_gb: float | None
    per_million_spans: float | None

    def of(self, spans: float, gb: float) -> float | None:
        """What so much costs; None without a price."""
        if self.per_gb is None and self.per_million_spans is None:
            return None
        return gb * (self.per_gb or 0.0) + spans / 1e6 * (self.per_million_spans or 0.0)


@dataclass(frozen=True, slots=True)
class Simulation:
    """What the rules of one file made of the traffic."""

    file: str
    tally: Tally
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Figures:
    traces_per_s: float
    kept: float | None
    kept_per_s: float
    spans_per_s: float
    bytes_per_s: float
    gb_per_month: float
    cost_per_month: float | None

    @classmethod
    def of(cls, row: Row, seconds: float, prices: Prices) -> _Figures:
        gb = row.size / seconds * _MONTH / _GB
        return cls(
            traces_per_s=row.traces.seen / seconds,
            kept=row.traces.share,
            kept_per_s=row.traces.kept / seconds,
            spans_per_s=row.spans / seconds,
            bytes_per_s=row.size / seconds,
            gb_per_month=gb,
            cost_per_month=prices.of(row.spans / seconds * _MONTH, gb),
        )


def as_json(
    source: Source, found: Sequence[Simulation], prices: Prices, slower_than: float
) -> dict[str, object]:
    """The report for programs."""
    return {
        "traffic": {
            "file": source.file,
            "seconds": source.seconds,
            "traces": source.traces,
            "spans": source.spans,
            "services": list(source.services),
            "processes": source.processes,
        },
        "slower_than": slower_than,
        "price": {"per_gb": prices.per_gb, "per_million_spans": prices.per_million_spans},
        "simulations": [
            {
                "file": each.file,
                "estimated": each.tally.estimated,
                "rules": [
                    {"rule": name, **_row_as_json(row, source.seconds, prices)}
                    for name, row in each.tally.rows.items()
                ],
                "total": _row_as_json(each.tally.total, source.seconds, prices),
                "notes": list(each.notes),
            }
            for each in found
        ],
        "notes": source.notes,
    }


def _row_as_json(row: Row, seconds: float, prices: Prices) -> dict[str, object]:
    figures = _Figures.of(row, seconds, prices)
    return {
        "traces": _share_as_json(row.traces),
        "errors": _share_as_json(row.errors),
        "slow": _share_as_json(row.slow),
        "traces_per_s": figures.traces_per_s,
        "kept_per_s": figures.kept_per_s,
        "spans_per_s": figures.spans_per_s,
        "bytes_per_s": figures.bytes_per_s,
        "gb_per_month": figures.gb_per_month,
        "cost_per_month": figures.cost_per_month,
    }


def _share_as_json(share: Share) -> dict[str, object]:
    return {"seen": share.seen, "kept": share.kept, "share": share.share}


def as_text(
    source: Source, found: Sequence[Simulation], prices: Prices, slower_than: float
) -> list[str]:
    """The report for people and for logs, line by line."""
    lines = [f"{source.name}: {_amount(source)}"]
    for each in found:
        lines += ["", each.file, "", *_table(each.tally, source.seconds, prices, slower_than)]
        if each.tally.estimated:
            told = _number(each.tally.estimated)
            lines += ["", f"{told} of the traces {_ESTIMATED}"]
    if len(found) > 1:
        lines += ["", *_difference(found[0], found[1], source.seconds, prices)]
    notes = [*source.notes, *dict.fromkeys(note for each in found for note in each.notes)]
    return [*lines, *([""] if notes else []), *(f"note: {note}" for note in notes)]


def _amount(source: Source) -> str:
    return (
        f"{counted(source.traces, 'trace')}, {counted(source.spans, 'span')} of"
        f" {counted(len(source.services), 'service')} in {counted(source.processes, 'process')},"
        f" {_number(source.seconds)} s"
    )


def _table(tally: Tally, seconds: float, prices: Prices, slower_than: float) -> list[str]:
    header = ["rule", "traces/s", "kept", "kept/s", "spans/s", "bytes/s", "GB/month"]
    costs = prices.of(0.0, 0.0) is not None
    if costs:
        header.append("cost/month")
    header += ["errors kept", f"kept of {slower_than:g} s or more"]
    rows = [header]
    for name, row in [*tally.rows.items(), ("total", tally.total)]:
        figures = _Figures.of(row, seconds, prices)
        cells = [
            name,
            _number(figures.traces_per_s),
            _share(figures.kept),
            _number(figures.kept_per_s),
            _number(figures.spans_per_s),
            _number(figures.bytes_per_s),
            _number(figures.gb_per_month),
        ]
        if figures.cost_per_month is not None:
            cells.append(_number(figures.cost_per_month))
        rows.append([*cells, _of(row.errors), _of(row.slow)])
    return _aligned(rows)


def _difference(one: Simulation, other: Simulation, seconds: float, prices: Prices) -> list[str]:
    rows = [["total", one.file, other.file, "difference"]]
    pairs = [_Figures.of(each.tally.total, seconds, prices) for each in (one, other)]
    for told, name in (
        ("kept/s", "kept_per_s"),
        ("spans/s", "spans_per_s"),
        ("bytes/s", "bytes_per_s"),
        ("GB/month", "gb_per_month"),
        ("cost/month", "cost_per_month"),
    ):
        before, after = (getattr(each, name) for each in pairs)
        if before is not None and after is not None:
            rows.append([told, _number(before), _number(after), _signed(after - before)])
    for told, name in (("kept", "traces"), ("errors kept", "errors"), ("slow kept", "slow")):
        before, after = (getattr(each.tally.total, name).share for each in (one, other))
        if before is not None and after is not None:
            points = f"{(after - before) * 100:+.1f} points"
            rows.append([told, _share(before), _share(after), points])
    return _aligned(rows)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """The first column to the left, the others, which are numbers, to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            f"{cell:<{width}}" if place == 0 else f"{cell:>{width}}"
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        for cells in rows
    ]


def _number(value: float) -> str:
    """With three digits that count, as no simulation knows more; whole numbers as they are.

    >>> _number(1234.5), _number(0.012345), _number(60.0), _number(0)
    ('1,234', '0.0123', '60', '0')
    """
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.{max(0, 2 - floor(log10(abs(value))))}f}"


def _signed(value: float) -> str:
    return _number(value) if value < 0 else f"+{_number(value)}"


def _share(share: float | None) -> str:
    return _NOTHING if share is None else f"{share:.1%}".replace("%", " %")


def _of(share: Share) -> str:
    if not share.seen:
        return _NOTHING
    return f"{_number(round(share.kept))} of {_number(round(share.seen))}"
