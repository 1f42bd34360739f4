"""Flask with metrics and traces: no trace kept, and, for information, every trace kept."""

from __future__ import annotations

from functools import partial

from bench import flask_peers as peers
from bench import ours, sdk
from bench.model import Goal, Scenario, Variant
from bench.traceparent import NOT_SAMPLED, ROOT, SAMPLED

COUNTED = "counts every request, keeps no span"
KEPT = "counts every request, keeps every server span"

NONE_KEPT = Scenario(
    name="flask-0%-traces",
    title="Flask, metrics and 0 % of traces",
    operation="request",
    operations=200,
    warm_up=40,
    variants=(
        Variant(name="bare", label="bare", build=partial(peers.bare, NOT_SAMPLED), over=None),
        Variant(name="control", label="bare again (noise)", build=partial(peers.bare, NOT_SAMPLED)),
        Variant(
            name="ninefold",
            label="ninefold, traceparent not sampled",
            build=partial(peers.ninefold, NOT_SAMPLED, ratio=0.0),
            claim=COUNTED,
            environment=ours.WITH_TRACES,
        ),
        Variant(
            name="contrib",
            label="contrib, traceparent not sampled",
            build=partial(peers.contrib, NOT_SAMPLED, ratio=0.0),
            claim=COUNTED,
            environment=sdk.STABLE_NAMES,
        ),
        Variant(
            name="ninefold-root",
            label="ninefold, root at ratio 0",
            build=partial(peers.ninefold, ROOT, ratio=0.0),
            claim=COUNTED,
            environment=ours.WITH_TRACES,
        ),
        Variant(
            name="contrib-root",
            label="contrib, root at ratio 0",
            build=partial(peers.contrib, ROOT, ratio=0.0),
            claim=COUNTED,
            environment=sdk.STABLE_NAMES,
        ),
    ),
    goals=(
        Goal(of="ninefold", against="contrib", at_most=1 / 10),
        Goal(of="ninefold-root", against="contrib-root", at_most=1 / 10),
    ),
)

ALL_KEPT = Scenario(
    name="flask-100%-traces",
    title="Flask, metrics and 100 % of traces (for information)",
    operation="request",
    operations=200,
    warm_up=20,
    variants=(
        Variant(name="bare", label="bare", build=partial(peers.bare, SAMPLED), over=None),
        Variant(
            name="ninefold",
            label="ninefold",
            build=partial(peers.ninefold, SAMPLED, ratio=1.0, spans=True),
            claim=KEPT,
            environment=ours.WITH_TRACES,
        ),
        Variant(
            name="contrib",
            label="contrib",
            build=partial(peers.contrib, SAMPLED, ratio=1.0, spans=True),
            claim=KEPT,
            environment=sdk.STABLE_NAMES,
        ),
    ),
    goals=(Goal(of="ninefold", against="contrib", at_most=None),),
)
