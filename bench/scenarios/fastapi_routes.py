"""FastAPI, metrics only, with 200 routes ahead of the matched one: cost must not grow."""

from __future__ import annotations

from functools import partial

from bench import fastapi_peers as peers
from bench import ours, sdk
from bench.model import Goal, Scenario, Variant

COUNTED = "counts every request"
MANY = 200

SCENARIO = Scenario(
    name="fastapi-200-routes",
    title="FastAPI, metrics only, the matched route alone and behind 200 others",
    operation="request",
    operations=100,
    warm_up=20,
    variants=(
        Variant(name="bare", label="bare, 1 route", build=peers.bare, over=None),
        Variant(
            name="bare-200",
            label="bare, 200 ahead",
            build=partial(peers.bare, routes_ahead=MANY),
            over=None,
        ),
        Variant(
            name="control",
            label="bare, 200 ahead, again (noise)",
            build=partial(peers.bare, routes_ahead=MANY),
            over="bare-200",
        ),
        Variant(
            name="ninefold",
            label="ninefold, 1 route",
            build=peers.ninefold,
            claim=COUNTED,
            environment=ours.METRICS_ONLY,
        ),
        Variant(
            name="ninefold-200",
            label="ninefold, 200 ahead",
            build=partial(peers.ninefold, routes_ahead=MANY),
            over="bare-200",
            claim=COUNTED,
            environment=ours.METRICS_ONLY,
        ),
        Variant(
            name="contrib-200",
            label="contrib, 200 ahead",
            build=partial(peers.contrib, routes_ahead=MANY),
            over="bare-200",
            claim=COUNTED,
            environment=sdk.STABLE_NAMES,
        ),
    ),
    goals=(
        Goal(of="ninefold-200", against="ninefold", at_most=1.0, within_noise=True),
        Goal(of="ninefold-200", against="contrib-200", at_most=None),
    ),
)
