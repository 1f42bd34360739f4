"""Flask, metrics only: what each instrumentation adds to a request."""

from __future__ import annotations

from bench import flask_peers as peers
from bench import ours, sdk
from bench.model import Goal, Scenario, Variant

COUNTED = "counts every request"

SCENARIO = Scenario(
    name="flask-metrics",
    title="Flask, metrics only, exemplars on",
    operation="request",
    operations=200,
    warm_up=40,
    variants=(
        Variant(name="bare", label="bare", build=peers.bare, over=None),
        Variant(name="control", label="bare again (noise)", build=peers.bare),
        Variant(
            name="ninefold",
            label="ninefold",
            build=peers.ninefold,
            claim=COUNTED,
            environment=ours.METRICS_ONLY,
        ),
        Variant(
            name="contrib",
            label="opentelemetry-instrumentation-flask",
            build=peers.contrib,
            claim=COUNTED,
            environment=sdk.STABLE_NAMES,
        ),
    ),
    goals=(Goal(of="ninefold", against="contrib", at_most=1 / 10),),
)
