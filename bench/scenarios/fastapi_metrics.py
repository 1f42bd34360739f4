"""FastAPI, metrics only: what each instrumentation adds to a request."""

from __future__ import annotations

from functools import partial

from bench import fastapi_peers as peers
from bench import ours, sdk
from bench.model import Goal, Scenario, Variant
from bench.traceparent import SAMPLED

COUNTED = "counts every request"

SCENARIO = Scenario(
    name="fastapi-metrics",
    title="FastAPI, metrics only, exemplars on",
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
            label="opentelemetry-instrumentation-fastapi",
            build=peers.contrib,
            claim=COUNTED,
            environment=sdk.STABLE_NAMES,
        ),
        Variant(
            name="instrumentator",
            label="prometheus-fastapi-instrumentator",
            build=peers.prometheus_fastapi_instrumentator,
            claim=COUNTED,
        ),
        Variant(
            name="starlette-exporter",
            label="starlette_exporter",
            build=peers.starlette_exporter,
            claim=COUNTED,
        ),
        Variant(name="native", label="FastAPI's own", build=peers.native, claim=COUNTED),
        Variant(
            name="ninefold-sampled",
            label="ninefold, sampled traceparent",
            build=partial(peers.ninefold, SAMPLED),
            claim=COUNTED,
            environment=ours.METRICS_ONLY,
        ),
        Variant(
            name="contrib-sampled",
            label="contrib, sampled traceparent",
            build=partial(peers.contrib, SAMPLED),
            claim=COUNTED,
            environment=sdk.STABLE_NAMES,
        ),
    ),
    goals=(
        Goal(of="ninefold", against="contrib", at_most=1 / 20),
        Goal(of="ninefold", against="instrumentator", at_most=1 / 6),
        Goal(of="ninefold-sampled", against="contrib-sampled", at_most=1 / 20),
        Goal(of="ninefold", against="starlette-exporter", at_most=None),
        Goal(of="ninefold", against="native", at_most=None),
    ),
)
