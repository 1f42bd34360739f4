"""What `nf.Health.add` refuses at once, and not when somebody asks for details."""

from __future__ import annotations

from functools import partial
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


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        ({"detail": None}, "a finding's detail must be text, got a NoneType"),
        ({"detail": ValueError("redis://me:hunter2@cache")}, "a finding's detail must be text"),
        ({"cause": 3}, "a finding's cause must be text, got a int"),
    ],
)
def test_a_finding_says_in_text_what_was_found(words: Any, wrong: str) -> None:
    """Where the check can be read, and not as an error of ours that its dependency is down for."""
    with pytest.raises(nf.ConfigurationError, match=wrong) as raised:
        nf.checks.Finding("degraded", **words)
    assert "hunter2" not in str(raised.value)


def test_what_is_declared_shows_no_address_of_a_check() -> None:
    """A client, and a function with its arguments, would be written out with their passwords."""
    service = nf.setup("shop")
    check = partial(print, "redis://me:hunter2@cache")
    declared = service.dependency("cache", kind="cache", check=check).declared
    service.shutdown()
    assert "hunter2" not in repr(declared)
