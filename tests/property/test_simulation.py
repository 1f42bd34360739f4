"""Simulation, as statistics: what is kept stands for all that came, recorded or not."""

from __future__ import annotations

import math
import random

from hypothesis import given
from hypothesis import strategies as st

from ninefold.sampling import Keep, Rule, Sampling
from ninefold.sampling._threshold import NEVER, adjusted_count, threshold_of, written
from ninefold.sampling._trace_state import parse
from ninefold.sampling.simulation import Outcome, Part, Parts, Process, Span, replay

TRACES = 1000
SHOP, STOCK = Process("shop"), Process("stock")

_shares = st.floats(0.01, 1.0)


def _trace(trace_id: int, at: float, entry: str | None, path: str) -> list[Span]:
    first = Span(
        trace_id=trace_id,
        span_id=1,
        parent_id=0,
        process=SHOP,
        kind="server",
        start=round(at * 1e9),
        end=round(at * 1e9) + 1,
        failed=False,
        size=100,
        entry=entry,
        attributes={"url.path": path},
    )
    return [first, first._replace(span_id=2, parent_id=1, process=STOCK)]


def _recorded(share: float, seed: int) -> list[Part]:
    """What is recorded of a thousand traces at a share: each in two processes."""
    chance = random.Random(seed)
    low = threshold_of(share)
    entry = f"th:{written(low)}" if low else None
    parts = Parts()
    for place in range(TRACES):
        trace_id = chance.getrandbits(128)
        path = chance.choice(("/pay", "/search", "/items"))
        if trace_id % NEVER >= low:
            for span in _trace(trace_id, place / 100, entry, path):
                parts.add(span)
    return parts.all()


@given(_shares, st.integers(0, 2**32))
def test_with_errors_kept_the_adjusted_counts_add_up_too(share: float, seed: int) -> None:
    """What is kept for its outcome stands for itself alone; 5 sigma."""
    sampling = Sampling(default=share, keep=Keep(), target_per_s=None)
    parts = _recorded(1.0, seed)
    for number, part in enumerate(parts):
        part.failed = number % 10 < 2
    found = [each for each in replay(parts, sampling) if each.kept]
    total = sum(_stands_for(each) for each in found if each.part.first.process == SHOP)
    assert abs(total - TRACES) <= 5 * math.sqrt(TRACES / share)


def _stands_for(outcome: Outcome) -> float:
    threshold = None if outcome.entry is None else parse(outcome.entry).threshold
    assert threshold is not None, "what is kept says how likely that was"
    return adjusted_count(threshold) * outcome.stands_for


@given(_shares, _shares, st.integers(0, 2**32), st.booleans())
def test_the_adjusted_counts_of_those_kept_add_up_to_all_that_came(
    recorded: float, share: float, seed: int, by_rate: bool
) -> None:
    """In each process, within 5 sigma of the estimate: by a ratio, by a rule, and by a rate."""
    sampling = Sampling(
        default=share,
        rules=[Rule(path="/pay", rate=0.5)],
        target_per_s=100 * share if by_rate else None,
    )
    parts = _recorded(recorded, seed)
    found = list(replay(parts, sampling))
    # Each stands for so many, by the threshold that it was recorded and the one it is kept at.
    spread = math.sqrt(TRACES * (1 / recorded + 1 / (share * min(1.0, share * 100)) + 2))
    for process in (SHOP, STOCK):
        total = sum(
            _stands_for(each) for each in found if each.kept and each.part.first.process == process
        )
        assert abs(total - TRACES) <= 5 * spread


@given(_shares, _shares, st.integers(0, 2**32))
def test_what_is_seen_is_what_came_however_little_was_recorded(
    recorded: float, share: float, seed: int
) -> None:
    """Within 5 sigma; and a trace is kept by both services, or by neither."""
    found = list(replay(_recorded(recorded, seed), Sampling(default=share)))
    seen = sum(each.stands_for for each in found if each.part.first.process == SHOP)
    assert abs(seen - TRACES) <= 5 * math.sqrt(TRACES * (1 - recorded) / recorded) + 1
    kept = {
        process: {
            (each.part.first.trace_id, each.copy)
            for each in found
            if each.kept and each.part.first.process == process
        }
        for process in (SHOP, STOCK)
    }
    assert kept[SHOP] == kept[STOCK]
