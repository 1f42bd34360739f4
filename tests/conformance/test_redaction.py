"""Secrets are found, and nothing else is, as conformance/vectors/redaction says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ninefold.core import is_secret, redacted_query, redacted_text

_VECTORS = Path(__file__).parents[2] / "conformance" / "vectors" / "redaction"


def _table(topic: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = yaml.safe_load((_VECTORS / f"{topic}.yaml").read_text("utf-8"))
    return rows


@pytest.mark.parametrize("row", _table("keys"), ids=lambda row: repr(row["key"]))
def test_keys_are_secret_by_their_name(row: dict[str, Any]) -> None:
    """A key's name alone says whether its value is a secret."""
    assert is_secret(row["key"]) is row["secret"]


@pytest.mark.parametrize("row", _table("queries"), ids=lambda row: repr(row["query"]))
def test_of_a_query_only_what_is_allowed_is_left(row: dict[str, Any]) -> None:
    """What is not allowed by name is gone, and secrets are redacted though they are allowed."""
    assert redacted_query(row["query"], row["allowed"]) == row["recorded"]


@pytest.mark.parametrize("row", _table("texts"), ids=lambda row: repr(row["text"]))
def test_of_a_text_only_secrets_are_replaced(row: dict[str, Any]) -> None:
    """A text keeps all but what looks like a secret, and redacting it again changes nothing."""
    assert redacted_text(row["text"]) == row["redacted"]
    assert redacted_text(row["redacted"]) == row["redacted"]
