"""Rules decide as conformance/vectors/sampling/rules.yaml says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from ninefold.sampling import Head, Rule, Sampling, covered

_TABLE = Path(__file__).parents[2] / "conformance" / "vectors" / "sampling" / "rules.yaml"
_READ: dict[str, list[dict[str, Any]]] = yaml.safe_load(_TABLE.read_text("utf-8"))
_HIGHEST = (1 << 128) - 1


@dataclass(frozen=True)
class _Seen:
    sampled_path: str | None = None
    sampled_method: str | None = None
    sampled_kind: str = "server"
    sampled_attributes: Mapping[str, object] = field(default_factory=dict)


def _rules(said: list[dict[str, Any]]) -> list[Rule]:
    return [Rule.of({**each, "name": str(number)}, "the table") for number, each in enumerate(said)]


@pytest.mark.parametrize("case", _READ["cases"], ids=lambda case: case["name"])
def test_the_rule_that_the_table_names_decides(case: dict[str, Any]) -> None:
    """And the trace is kept or dropped as that one says."""
    rules = _rules(case["rules"])
    seen = _Seen(**{f"sampled_{key}": value for key, value in case["seen"].items()})
    parent = {"kept": True, "dropped": False}.get(case.get("parent", ""))
    kept, goes_on, name = Head(Sampling(default=0.25, rules=rules)).decide(
        _HIGHEST, parent, None, seen
    )
    assert name == str(case["answer"])
    if name == "default":
        assert (kept, goes_on) == (True, "th:c")
    elif name == "parent":
        assert (kept, goes_on) == (parent, None)
    else:
        rate = rules[int(name)].rate
        assert kept == (rate is not None)
        assert goes_on == {1: "th:0", 0.5: "th:8", None: None}[rate]


@pytest.mark.parametrize("case", _READ["covered"], ids=lambda case: case["name"])
def test_rules_that_never_decide_are_told_with_the_one_that_covers_them(
    case: dict[str, Any],
) -> None:
    """Both are named."""
    told = covered(_rules(case["rules"]))
    assert len(told) == len(case["never"])
    for sentence, number in zip(told, case["never"], strict=True):
        assert sentence.startswith(f"the sampling rule '{number}' never decides: '0'")
