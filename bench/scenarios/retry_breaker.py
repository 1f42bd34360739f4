"""One call that goes well under a retry and a breaker together, over the function without them."""

from __future__ import annotations

from functools import partial

from bench import resilience_peers as peers
from bench.guarded import opens, pair, reference_variants, variant
from bench.model import Goal, Scenario

PIPELINES = ("interlock-time", "interlock-calls", "pyresilience-calls")

SCENARIO = Scenario(
    name="retry-breaker",
    title="One call that goes well, under a retry and a breaker",
    operation="call",
    operations=5_000,
    warm_up=500,
    variants=(
        *reference_variants(),
        *pair("ninefold", "ninefold", peers.ninefold_retry_breaker, opens, ours=True),
        *pair("ninefold-budget", "ninefold, a budget", peers.ninefold_budget, opens, ours=True),
        variant("nested", "tenacity, pybreaker", peers.tenacity_pybreaker, opens),
        variant("nested", "tenacity, aiobreaker", peers.tenacity_aiobreaker, opens, is_async=True),
        *pair(
            "interlock-time",
            "interlock pipeline, time window",
            partial(peers.interlock_pipeline, time=True),
            opens,
        ),
        *pair(
            "interlock-calls",
            "interlock pipeline, 100 calls",
            partial(peers.interlock_pipeline, time=False),
            opens,
        ),
        *pair(
            "pyresilience-calls",
            "pyresilience, 100 calls",
            partial(peers.pyresilience, window=True, retry=True),
            opens,
        ),
        *pair(
            "pyresilience",
            "pyresilience, no window",
            partial(peers.pyresilience, window=False, retry=True),
            opens,
        ),
    ),
    goals=(
        *(
            Goal(of=f"ninefold{way}", against=f"nested{way}", at_most=1 / 4)
            for way in ("", "-async")
        ),
        *(
            Goal(of=f"ninefold{way}", against=f"{peer}{way}", at_most=1.0)
            for way in ("", "-async")
            for peer in PIPELINES
        ),
        *(
            Goal(of=f"ninefold{way}", against=f"pyresilience{way}", at_most=None)
            for way in ("", "-async")
        ),
    ),
)
