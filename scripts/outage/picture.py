"""Picture: what each variant sends to the dependency over time, as SVG for light and dark pages."""

from __future__ import annotations

from collections.abc import Sequence

from outage.world import BACK, CAPACITY, CLIENTS, DOWN, END, Result, Variant

__all__ = ["svg"]

COLUMNS = 2
# Of the card, of a panel's plot, and around plots: pixels of the SVG's own.
WIDTH, PLOT_WIDTH, PLOT_HEIGHT = 760, 310, 104
LEFT, TOP, ACROSS, DOWNWARDS = 50, 96, 366, 168
SECONDS, LOAD = END, 9_000.0

TITLE = "Requests per second at a dependency that is down for a minute"
STYLE = """\
.card{fill:#fff}.ink{fill:#1f2430}.dim{fill:#5f6775}.grid{stroke:#e3e6eb}.down{fill:#f1ede4}
.sent{fill:#c2410c;fill-opacity:.2}.offered{stroke:#c2410c}.answered{stroke:#1d5fa8}.limit{stroke:#5f6775}
text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
.title{font-size:16px;font-weight:600}.name{font-size:13px;font-weight:600}.end{text-anchor:end}
.mid{text-anchor:middle}.grid{stroke-width:1}.limit{stroke-dasharray:4 3}
.offered,.answered{stroke-width:1.5;stroke-linejoin:round}.offered,.answered,.limit,.grid{fill:none}
@media (prefers-color-scheme:dark){.card{fill:#1b1e27}.ink{fill:#e7e9ee}.dim{fill:#a3abb9}
.grid{stroke:#333845}.down{fill:#2b2a2b}.sent{fill:#fb923c}.offered{stroke:#fb923c}
.answered{stroke:#6cb2ff}.limit{stroke:#a3abb9}}
"""


def svg(played: Sequence[tuple[Variant, Result]]) -> str:
    """The picture: a panel per variant, all on the same scale."""
    rows = -(-len(played) // COLUMNS)
    height = TOP + rows * DOWNWARDS - 20
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        "<title>Load on a dependency that is down for 60 seconds</title>",
        "<desc>Attempts per second and requests that succeed, for each way to guard calls</desc>",
        f"<style>{STYLE}</style>",
        f'<rect class="card" width="{WIDTH}" height="{height}" rx="8"/>',
        *_head(),
    ]
    for number, (variant, result) in enumerate(played):
        row, column = divmod(number, COLUMNS)
        lines += _panel(variant, result, LEFT + column * ACROSS, TOP + row * DOWNWARDS)
    return "\n".join([*lines, "</svg>"]) + "\n"


def _head() -> list[str]:
    y = 54
    return [
        f'<text class="ink title" x="{LEFT}" y="32">{TITLE}</text>',
        f'<path class="sent" d="M{LEFT} {y + 5}v-10h18v10z"/>',
        f'<path class="offered" d="M{LEFT} {y - 5}h18"/>',
        f'<text class="dim" x="{LEFT + 24}" y="{y + 4}">sent to it, retries included</text>',
        f'<path class="answered" d="M{LEFT + 196} {y}h18"/>',
        f'<text class="dim" x="{LEFT + 220}" y="{y + 4}">succeed</text>',
        f'<path class="limit" d="M{LEFT + 286} {y}h18"/>',
        f'<text class="dim" x="{LEFT + 310}" y="{y + 4}">what it can do</text>',
        f'<rect class="down" x="{LEFT + 410}" y="{y - 6}" width="18" height="12"/>',
        f'<text class="dim" x="{LEFT + 434}" y="{y + 4}">down</text>',
    ]


def _panel(variant: Variant, result: Result, left: int, top: int) -> list[str]:
    bottom, right = top + PLOT_HEIGHT, left + PLOT_WIDTH
    back = result.recovery
    told = f"not back within {END - BACK:g} s" if back is None else f"back after {back:.1f} s"
    told = f"&#215;{result.amplification:.2f} · {told}"
    down, long = _x(DOWN, left), _x(BACK - DOWN, 0)
    limit = _y(CAPACITY * CLIENTS, top)
    lines = [
        f'<text class="ink name" x="{left}" y="{top - 10}">{variant.title}</text>',
        f'<text class="dim end" x="{right}" y="{top - 10}">{told}</text>',
        f'<rect class="down" x="{down}" y="{top}" width="{long:g}" height="{PLOT_HEIGHT}"/>',
    ]
    for load in (0, 3_000, 6_000, 9_000):
        y = _y(load, top)
        lines.append(f'<path class="grid" d="M{left} {y}H{right}"/>')
        lines.append(f'<text class="dim end" x="{left - 6}" y="{y + 4:g}">{load:,}</text>')
    for second in (0, 30, 60, 90, 120, 150):
        unit = " s" if second == 150 else ""
        lines.append(
            f'<text class="dim mid" x="{_x(second, left)}" y="{bottom + 16}">{second}{unit}</text>'
        )
    offered = _line(result.per_second(result.offered), left, top)
    answered = _line(result.per_second(result.succeeded), left, top)
    first, last = _x(0.5, left), _x(SECONDS - 0.5, left)
    lines += [
        f'<path class="sent" d="M{first} {bottom}L{offered}L{last} {bottom}z"/>',
        f'<path class="limit" d="M{left} {limit}H{right}"/>',
        f'<path class="offered" d="M{offered}"/>',
        f'<path class="answered" d="M{answered}"/>',
    ]
    return lines


def _line(values: Sequence[int], left: int, top: int) -> str:
    """The points of a path, in the middle of each second."""
    return "L".join(f"{_x(at + 0.5, left)} {_y(value, top)}" for at, value in enumerate(values))


def _x(second: float, left: int) -> float:
    return round(left + second / SECONDS * PLOT_WIDTH, 1)


def _y(load: float, top: int) -> float:
    return round(top + PLOT_HEIGHT * (1 - min(load, LOAD) / LOAD), 1)
