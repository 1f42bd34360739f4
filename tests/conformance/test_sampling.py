"""Traces are kept as conformance/vectors/sampling says, by the engine and by the SDK's sampler."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import yaml
from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    TraceFlags,
    TraceState,
    set_span_in_context,
)

from ninefold.sampling import Head, Rule, Sampling, cap
from ninefold.sampling._threshold import (
    NEVER,
    adjusted_count,
    parse_threshold,
    probability_of,
    threshold_of,
    written,
)
from ninefold.sampling._trace_state import parse
from ninefold.telemetry import HeadSampler

_TABLES = Path(__file__).parents[2] / "conformance" / "vectors" / "sampling"


class _Anything:
    sampled_path = sampled_method = None
    sampled_kind = "server"
    sampled_attributes: Mapping[str, object] = MappingProxyType({})


_SEEN = _Anything()


def _cases(table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((_TABLES / table).read_text("utf-8"))["cases"]
    return found


THRESHOLDS = _cases("thresholds.yaml")
STATES = _cases("trace_state.yaml")
DECISIONS = _cases("decisions.yaml")
GUARDED = _cases("guard.yaml")


@pytest.mark.parametrize("case", THRESHOLDS, ids=lambda case: f"{case['probability']:g}")
def test_thresholds_are_written_as_the_table_says(case: dict[str, Any]) -> None:
    """And read again; each stands for so many traces."""
    threshold = threshold_of(case["probability"])
    if case["th"] is None:
        assert threshold == NEVER
        return
    assert written(threshold) == case["th"]
    assert parse_threshold(case["th"]) == threshold
    assert probability_of(threshold) == pytest.approx(case["probability"], abs=2**-54)
    if "adjusted" in case:
        assert adjusted_count(threshold) == pytest.approx(case["adjusted"], rel=1e-12)


@pytest.mark.parametrize("case", THRESHOLDS, ids=lambda case: f"{case['probability']:g}")
@pytest.mark.parametrize("by", ["trace id", "rv"])
def test_what_is_at_the_threshold_is_kept_and_what_is_below_is_not(
    case: dict[str, Any], by: str
) -> None:
    """R = T and R = T - 1, whichever of the two tells R."""
    threshold = threshold_of(case["probability"])
    head = Head(Sampling(default=case["probability"], parent="ignore", target_per_s=None))

    def kept(randomness: int) -> bool:
        if by == "rv":
            # The trace id says the opposite.
            return head.decide(~randomness, True, f"rv:{randomness:014x}")[0]
        assert head.keeps(randomness, None) == head.decide(randomness, None, None)[0]
        return head.keeps(randomness, None)

    if threshold > 0:
        assert not kept(threshold - 1)
    if threshold < NEVER:
        assert kept(threshold)
        assert kept(NEVER - 1)


@pytest.mark.parametrize("case", STATES, ids=lambda case: case["entry"] or "empty")
def test_an_entry_is_read_as_the_table_says(case: dict[str, Any]) -> None:
    """Its threshold, its randomness, and what others wrote."""
    state = parse(case["entry"])
    assert (state.threshold, state.randomness) == (
        _number(case.get("threshold")),
        _number(case.get("randomness")),
    )
    assert [list(each) for each in state.others] == case.get("others", [])


def _number(text: str | None) -> int | None:
    return None if text is None else int(text, 16)


@pytest.mark.parametrize("case", DECISIONS, ids=lambda case: case["name"])
def test_a_trace_is_kept_as_the_table_says(case: dict[str, Any]) -> None:
    """By the engine; and by the SDK's sampler, with another vendor's entry, which stays."""
    rule = case.get("rule", "respect")
    parent = cap(rule["cap"]) if isinstance(rule, dict) else rule
    head = Head(Sampling(default=case["share"], parent=parent, target_per_s=None))
    sampled = {"kept": True, "dropped": False}.get(case.get("parent", ""))
    trace_id = (0xABC << 56) | int(case["id"], 16)
    kept, goes_on, _ = head.decide(trace_id, sampled, case.get("entry"))
    assert (kept, goes_on) == (case["answer"]["kept"], case["answer"].get("goes_on"))
    context = Context()
    if sampled is not None:
        members = [("vendor", "a"), ("ot", case.get("entry")), ("other", "b")]
        state = TraceState([each for each in members if each[1] is not None])  # type: ignore[misc]
        above = SpanContext(trace_id, 1, True, TraceFlags(int(sampled)), state)
        context = set_span_in_context(NonRecordingSpan(above), context)
    result = HeadSampler(head).should_sample(context, trace_id, "name")
    assert (result.decision is Decision.RECORD_AND_SAMPLE) == kept
    found = dict(result.trace_state or {})
    assert found.pop("ot", None) == goes_on
    assert list(found.items()) == ([] if sampled is None else [("vendor", "a"), ("other", "b")])


@pytest.mark.parametrize("case", GUARDED, ids=lambda case: f"{case['came']}x{case['probability']}")
@pytest.mark.parametrize("by", ["cap", "ignore", "override"])
def test_as_many_forged_traces_are_kept_as_the_table_says(case: dict[str, Any], by: str) -> None:
    """Whatever it is that judges a client's traces at a probability."""
    share = case["probability"]
    sampling = {
        "cap": Sampling(parent=cap(share)),
        "ignore": Sampling(parent="ignore", default=share, target_per_s=None),
        "override": Sampling(rules=[Rule(rate=share, override=True)]),
    }[by]
    head = Head(sampling, clock=lambda: 0.0)
    forged = f"rv:{NEVER - 1:014x}"
    kept = [head.decide(7, True, forged, _SEEN)[0] for _ in range(case["came"])]
    assert sum(kept) == case["kept"]
