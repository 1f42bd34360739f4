"""One call that goes well under a retry alone, over the function without it."""

from __future__ import annotations

from bench import resilience_peers as peers
from bench.guarded import WRAPS, pair, reference_variants, retries, variant
from bench.model import Goal, Scenario

SCENARIO = Scenario(
    name="retry",
    title="One call that goes well, under a retry",
    operation="call",
    operations=5_000,
    warm_up=500,
    variants=(
        *reference_variants(),
        *pair("ninefold", "ninefold", peers.ninefold_retry, retries),
        *pair("tenacity", "tenacity", peers.tenacity, retries),
        *pair("stamina", "stamina", peers.stamina, retries),
        *pair("backoff", "backoff", peers.backoff, retries),
        *pair("pyresilience", "pyresilience", peers.pyresilience_retry, retries),
        variant("hyx", "hyx", peers.hyx_retry, retries, is_async=True),
    ),
    goals=(
        Goal(of="ninefold", at_most_us=0.3, above="wraps", yardstick=WRAPS),
        Goal(of="ninefold-async", at_most_us=0.3, above="wraps-async", yardstick=WRAPS),
        *(
            Goal(of=f"ninefold{way}", against=f"{peer}{way}", at_most=None)
            for way in ("", "-async")
            for peer in ("tenacity", "stamina", "backoff", "pyresilience")
        ),
        Goal(of="ninefold-async", against="hyx-async", at_most=None),
    ),
)
