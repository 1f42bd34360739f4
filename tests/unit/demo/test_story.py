"""The demo tells of guarded calls by what `/metrics` says, and by nothing else."""

from __future__ import annotations

from collections import Counter

import ninefold as nf
from ninefold.demo._exposition import Reading, read
from ninefold.demo._guarded import Guarded
from ninefold.demo._story import Story, summary
from ninefold.testing import ManualClock, faults


def test_what_is_told_is_what_a_policy_exposed() -> None:
    """Calls, attempts, suppressed retries and the breaker's state, through a real exposition."""
    service = nf.setup("shop", prometheus=True)
    try:
        stock = service.dependency(
            "stock",
            kind="http",
            policy=nf.Policy(
                retry=nf.Retry(on=ConnectionError, attempts=2),
                breaker=nf.Breaker(min_calls=3),
                fallback="stale",
                runtime=ManualClock().runtime(),
            ),
        )
        ask = stock.guard(lambda: "fresh")
        ask()
        with faults.fail(stock):
            for _ in range(3):
                ask()
        text, kind = service.expose("application/openmetrics-text")
        (one,) = read(text.decode(), kind).guarded
    finally:
        service.shutdown()
    assert one == Guarded(
        "stock",
        calls=Counter({"success": 1, "fallback": 1, "fallback (open)": 2}),
        attempts=Counter({"success": 1, "failure": 2}),
        suppressed=Counter({"open": 0}),
        entered=Counter({"open": 1}),
        state="open",
    )
    assert summary("shop", one)[0].endswith(
        "called stock 4 times: 2 fallback (open), 1 success, 1 fallback"
    )
    assert summary("shop", one)[-1].endswith("its breaker is open; it opened once")


def test_only_what_is_new_is_told() -> None:
    """Between one scrape and the next, with how often."""
    story = Story()
    first = Guarded("stock", entered=Counter({"open": 1}), suppressed=Counter({"budget": 3}))
    second = Guarded(
        "stock",
        entered=Counter({"open": 3, "half_open": 1}),
        suppressed=Counter({"budget": 3, "open": 2}),
    )
    for elapsed, one in ((1, first), (2, first), (3, second)):
        story.look(elapsed, "shop", Reading("shop", "", (), (), (one,)))
    assert story.lines == [
        "   1 s  shop: the breaker of stock opened: calls are rejected at once",
        "   1 s  shop: retries of stock not made: 3 budget",
        "   3 s  shop: the breaker of stock opened: calls are rejected at once (2 times)",
        "   3 s  shop: the breaker of stock lets a few calls through on probation",
        "   3 s  shop: retries of stock not made: 2 open",
    ]
