"""conformance/vectors/workers: what several workers tell, and what one of them shows."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import pytest
import yaml
from opentelemetry.sdk.metrics.export import ResourceMetrics, ScopeMetrics
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

pytest.importorskip("fcntl", reason="by design: on Windows each worker answers for itself")
from ninefold.telemetry._exposition import Exposition
from ninefold.telemetry._workers._model import Identity, Told, Totals
from ninefold.telemetry._workers._points import scope_of

TABLE = Path("conformance/vectors/workers/merged.yaml")
CASES: list[dict[str, Any]] = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
SCOPE = ScopeMetrics(InstrumentationScope("ninefold"), [], "")


def told_by(case: dict[str, Any], worker: dict[str, Any]) -> Told:
    """What one worker of the table tells."""
    buckets: dict[float, int] = worker.get("buckets", {})
    cumulative = [0, *buckets.values()]
    bounds = tuple(float(bound) for bound in buckets if bound < math.inf)
    identity = Identity("metric", case["kind"], "", case.get("merge", "sum"), (("a", "b"),), bounds)
    counts = tuple(after - before for before, after in itertools.pairwise(cumulative))
    return Told(identity, "", 1, float(worker["value"]), counts)


def shown_of(totals: Totals) -> dict[str, Any]:
    """What a scrape shows, as the table writes it."""
    scope = scope_of(totals.told(), SCOPE, 2)
    families = Exposition(target_info=False).families([ResourceMetrics(Resource({}), [scope], "")])
    shown: dict[str, Any] = {}
    for sample in [sample for family in families for sample in family.samples]:
        assert sample.labels["a"] == "b"
        if sample.name.endswith("_bucket"):
            shown.setdefault("buckets", {})[float(sample.labels["le"])] = int(sample.value)
        elif sample.name.endswith("_count"):
            continue
        elif "ninefold_worker" in sample.labels:
            shown.setdefault("value", {})[sample.labels["ninefold_worker"]] = sample.value
        else:
            shown["value"] = sample.value
    return shown


@pytest.mark.parametrize("case", CASES, ids=[case["it"] for case in CASES])
def test_whoever_is_asked_shows_what_the_table_says(case: dict[str, Any]) -> None:
    """In whatever order the others are read, and once the dead are taken in by one of them."""
    workers = [(str(number), worker) for number, worker in enumerate(case["workers"])]
    for order in itertools.permutations(workers):
        totals = Totals()
        for number, worker in order:
            totals.add([told_by(case, worker)], number, alive=worker.get("alive", True))
        assert shown_of(totals) == case["shown"]
    dead, living = Totals(), Totals()
    for number, worker in workers:
        alive = worker.get("alive", True)
        (living if alive else dead).add([told_by(case, worker)], number, alive=alive)
    taken_in = [Told.of_json(each.as_json()) for each in dead.told()]
    living.add(taken_in, "", alive=False)
    assert shown_of(living) == case["shown"]
