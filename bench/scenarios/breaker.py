"""One call that goes well under a breaker, over the function without it.

Those peers are to be beaten that have a window, of time or of calls. The others count failures in a
row, which is less to do.
"""

from __future__ import annotations

from functools import partial

from bench import resilience_peers as peers
from bench.guarded import WRAPS, opens, pair, reference_variants, variant
from bench.model import Goal, Scenario

WINDOWED = ("interlock-time", "interlock-calls", "pyresilience-calls")

SCENARIO = Scenario(
    name="breaker",
    title="One call that goes well, under a breaker",
    operation="call",
    operations=5_000,
    warm_up=500,
    variants=(
        *reference_variants(),
        *pair("ninefold", "ninefold, time window", peers.ninefold_breaker, opens, ours=True),
        *pair(
            "interlock-time",
            "interlock, time window",
            partial(peers.interlock_breaker, time=True),
            opens,
        ),
        *pair(
            "interlock-calls",
            "interlock, 100 calls",
            partial(peers.interlock_breaker, time=False),
            opens,
        ),
        *pair(
            "pyresilience-calls",
            "pyresilience, 100 calls",
            partial(peers.pyresilience, window=True),
            opens,
        ),
        *pair(
            "pyresilience",
            "pyresilience, no window",
            partial(peers.pyresilience, window=False),
            opens,
        ),
        variant("pybreaker", "pybreaker, no window", peers.pybreaker, opens),
        *pair("aiobreaker", "aiobreaker, no window", peers.aiobreaker, opens),
        variant(
            "purgatory", "purgatory, no window", partial(peers.purgatory, is_async=False), opens
        ),
        variant(
            "purgatory",
            "purgatory, no window",
            partial(peers.purgatory, is_async=True),
            opens,
            is_async=True,
        ),
        variant("hyx", "hyx, no window", peers.hyx_breaker, opens, is_async=True),
    ),
    goals=(
        Goal(of="ninefold", at_most_us=1.5, yardstick=WRAPS),
        Goal(of="ninefold-async", at_most_us=1.5, yardstick=WRAPS),
        *(
            Goal(of=f"ninefold{way}", against=f"{peer}{way}", at_most=1.0)
            for way in ("", "-async")
            for peer in WINDOWED
        ),
        *(
            Goal(of=f"ninefold{way}", against=f"{peer}{way}", at_most=None)
            for way in ("", "-async")
            for peer in ("pyresilience", "aiobreaker", "purgatory")
        ),
        Goal(of="ninefold", against="pybreaker", at_most=None),
        Goal(of="ninefold-async", against="hyx-async", at_most=None),
    ),
)
