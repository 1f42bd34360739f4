"""What `nf.Health.add` refuses at once, and not when somebody asks for details."""

from __future__ import annotations

from typing import Any

import pytest

import ninefold as nf


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        ({"owner": 3}, "owner must be"),
        ({"runbook": ["https://wiki"]}, "runbook must be"),
        ({"quorum": 3}, "quorum must be at most the number of checks, 2, got 3"),
        ({"quorum": "2"}, "quorum must be a whole number"),
    ],
)
def test_what_a_dependency_cannot_have_is_refused(words: Any, wrong: str) -> None:
    """As `service.dependency` does: it would be found when somebody asks for details, else."""
    with pytest.raises(nf.ConfigurationError, match=wrong):
        nf.Health().add("db", [lambda: True, lambda: True], **words)


def test_a_version_is_text() -> None:
    """It stands in answers, which must be possible to write."""
    version: Any = object()
    with pytest.raises(nf.ConfigurationError, match="version must be"):
        nf.Health("shop", version=version)
