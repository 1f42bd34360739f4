"""What a service tells of itself is collected as conformance/vectors/sli says."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.support.states import Told, answering, asked, cases, started

import ninefold as nf


def expect_drops(told: Told, case: dict[str, Any]) -> None:
    """As much was dropped, and as many callables failed, as the table says; nothing else."""
    assert told.dropped("invalid_value") == case.get("dropped", 0)
    assert told.dropped("internal_error") == case.get("failed", 0)
    assert told.dropped("cardinality") == 0


@pytest.mark.parametrize("case", cases("quality_events"))
def test_events_follow_their_table(case: dict[str, Any]) -> None:
    """Good and bad are counted by name, and nonsense is dropped without spoiling them."""
    with started() as (service, collect):
        for name, good, total in case["calls"]:
            service.events(name, good=good, total=total)
        told = collect()
    assert told.points("ninefold.events") == {
        (name, outcome): value
        for name, pair in case["points"].items()
        for outcome, value in zip(("good", "bad"), pair, strict=True)
    }
    expect_drops(told, case)


@pytest.mark.parametrize("case", cases("throughput"))
def test_throughput_follows_its_table(case: dict[str, Any]) -> None:
    """What arrived and what was processed is counted, and the backlog asked."""
    with started() as (service, collect):
        for call in case["calls"]:
            said = {**call, "backlog": asked(call.get("backlog"))}
            service.throughput(said.pop("name"), **said)
        told = collect()
    points = case["points"]
    assert told.named("ninefold.throughput.arrived") == {name: points[name][0] for name in points}
    assert told.named("ninefold.throughput.processed") == {name: points[name][1] for name in points}
    assert told.named("ninefold.throughput.backlog") == case.get("backlog", {})
    expect_drops(told, case)


@pytest.mark.parametrize("case", cases("freshness_emission"))
def test_freshness_follows_its_table(case: dict[str, Any]) -> None:
    """Each callable's moment is told, and one that fails costs its own point alone."""
    with started() as (service, collect):
        for name, answer in case["asked"].items():
            service.freshness(name, updated_at=answering(answer))
        told = collect()
    assert told.named("ninefold.freshness.timestamp") == case["points"]
    expect_drops(told, case)


@pytest.mark.parametrize("case", cases("saturation"))
def test_saturation_follows_its_table(case: dict[str, Any]) -> None:
    """The share in use is told, a constant that cannot be meant refused, such an answer dropped."""
    with started() as (service, collect):
        usage, limit = asked(case["usage"]), asked(case["limit"])
        if "refused" in case:
            with pytest.raises(nf.ConfigurationError, match=re.escape(case["refused"])):
                service.saturation("pool", usage=usage, limit=limit)
            return
        service.saturation("pool", usage=usage, limit=limit)
        told = collect()
    expected = {} if case["point"] is None else {"pool": case["point"]}
    assert told.named("ninefold.saturation.utilization") == expected
    expect_drops(told, case)
