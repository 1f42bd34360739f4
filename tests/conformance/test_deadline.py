"""conformance/vectors/deadline: what the deadline of a request says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ninefold.resilience.deadline import parse_header

TABLE = Path("conformance/vectors/deadline/header.yaml")
CASES: list[dict[str, Any]] = yaml.safe_load(TABLE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case["it"] for case in CASES])
def test_a_header_says_what_the_table_says(case: dict[str, Any]) -> None:
    """Whole milliseconds are read, and whatever else a client sends is no deadline."""
    assert parse_header(case["value"]) == case["seconds"]
