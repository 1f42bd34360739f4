"""Plays the outage that docs/explanation/resilience/outage.md tells of, guarded in eight ways.

    python scripts/simulate_outage.py            # print the figures; minutes
    python scripts/simulate_outage.py --write    # and write them and the picture into the docs
    python scripts/simulate_outage.py --check    # write nothing; exit 1 when the docs say otherwise

Time is virtual and chance is seeded, so it is the same wherever it runs. The decisions are those of
`nf.Policy` and `nf.Retry`; only the clients, the dependency and time are played.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from outage.herd import JITTERS, Herd, stampede
from outage.picture import svg
from outage.world import BACK, END, VARIANTS, Result, Variant, simulate

PAGE = Path(__file__).resolve().parent.parent / "docs/explanation/resilience/outage.md"
PICTURE = PAGE.with_suffix(".svg")
MARK = "<!-- by scripts/simulate_outage.py: {} -->\n"
END_MARK = "<!-- to here -->\n"


def table(played: Sequence[tuple[Variant, Result]]) -> str:
    """The figures of each variant."""
    columns = (
        "calls have",
        "attempts per request while it was down",
        "most attempts in a second",
        "99 % succeed again after",
        "succeeded, from the outage on",
        "failed before it",
    )
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    for variant, result in played:
        back = result.recovery
        told = f"not within {END - BACK:g} s" if back is None else f"{back:.1f} s"
        lines.append(
            f"| {variant.title} | {result.amplification:.2f} | {result.peak:,} | {told}"
            f" | {100 * result.share:.1f} % | {100 * result.mishaps:.2f} % |"
        )
    return "\n".join(lines) + "\n"


def herds(came: Sequence[Herd]) -> str:
    """The figures of each kind of jitter."""
    lines = [
        "| jitter | most retries within 10 ms | first retry after, on average | last retry after |",
        "|---|---|---|---|",
    ]
    for herd in came:
        lines.append(
            f"| `{herd.jitter}` | {herd.densest:,} | {herd.first:.3f} s | {herd.last:.2f} s |"
        )
    return "\n".join(lines) + "\n"


def filled(page: str, mark: str, content: str) -> str:
    """The page with `content` below the line that says `mark`."""
    before, begin, after = page.partition(MARK.format(mark))
    _, end, rest = after.partition(END_MARK)
    if not begin or not end:
        raise SystemExit(f"{PAGE.name} has no {MARK.format(mark).strip()} … {END_MARK.strip()}")
    return f"{before}{begin}\n{content}\n{end}{rest}"


def play(number: int) -> Result:
    """Play one variant, in a process of its own."""
    logging.getLogger("ninefold.resilience").setLevel(logging.ERROR)  # hundreds of breakers open
    return simulate(VARIANTS[number])


def main(arguments: list[str]) -> int:
    """Play, print, and write or check; returns the exit code."""
    for mark in ("outage", "herd"):
        filled(PAGE.read_text(encoding="utf-8"), mark, "")  # both are there, before minutes pass
    with ProcessPoolExecutor() as pool:
        results = list(pool.map(play, range(len(VARIANTS))))
    played = list(zip(VARIANTS, results, strict=True))
    tables = {"outage": table(played), "herd": herds([stampede(each) for each in JITTERS])}
    sys.stdout.write("\n".join(tables.values()))
    page = before = PAGE.read_text(encoding="utf-8")
    for mark, content in tables.items():
        page = filled(page, mark, content)
    picture = svg(played)
    if "--write" in arguments:
        PAGE.write_text(page, encoding="utf-8")
        PICTURE.write_text(picture, encoding="utf-8")
    elif "--check" in arguments:
        drawn = PICTURE.read_text(encoding="utf-8") if PICTURE.exists() else ""
        if page != before or picture != drawn:
            sys.stderr.write("stale: run python scripts/simulate_outage.py --write\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
