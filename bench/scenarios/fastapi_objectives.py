"""Objectives on a FastAPI route: what counting their events adds to a request."""

from __future__ import annotations

from functools import partial

from bench import fastapi_peers as peers
from bench import ours
from bench.model import Goal, Scenario, Variant

COUNTED = "counts every request, and every event of every objective"
NONE = "none"


def _with(number: int, label: str) -> Variant:
    return Variant(
        name=f"objectives-{number}",
        label=label,
        build=partial(peers.ninefold, objectives=number),
        over=NONE,
        claim=COUNTED,
        environment=ours.METRICS_ONLY,
    )


SCENARIO = Scenario(
    name="fastapi-objectives",
    title="FastAPI, metrics only: what objectives on the route add",
    operation="request",
    operations=200,
    warm_up=40,
    variants=(
        Variant(
            name=NONE,
            label="ninefold without objectives",
            build=peers.ninefold,
            over=None,
            environment=ours.METRICS_ONLY,
        ),
        Variant(
            name="control",
            label="the same again (noise)",
            build=peers.ninefold,
            over=NONE,
            environment=ours.METRICS_ONLY,
        ),
        _with(1, "one objective, on availability"),
        _with(2, "two, on availability and latency"),
        _with(10, "ten"),
    ),
    goals=(
        Goal(of="objectives-1", at_most_us=0.5, within_noise=True),
        Goal(of="objectives-10", at_most_us=2.0, within_noise=True),
    ),
)
