"""What `nf.Health` and the token's setting refuse, at once and without repeating a secret."""

from __future__ import annotations

from typing import Any

import pytest

import ninefold as nf
from ninefold.service import current

SECRETS = [1234567890, b"hunter2hunter2", "hunter2", "hunter2 hunter2", " hunter2hunter2", "hünter2ä"]
    1234567890,
    b"hunter2hunter2",
    "hunter2",
    "hunter2 hunter2",
    " hunter2hunter2",
    "hünter2h",
]


@pytest.mark.parametrize("token", SECRETS)
def test_a_token_that_no_header_carries_is_refused_and_not_shown(token: Any) -> None:
    """Such a token would let nobody in; the message says how it must be, and not what it was."""
    with pytest.raises(nf.ConfigurationError, match="token must be 8 or more") as raised:
        nf.Health(token=token)
    assert "nter2" not in str(raised.value)


@pytest.mark.parametrize("token", ["hunter2", " hunter2 hunter2", "hünter2hünter2"])
def test_a_wrong_admin_token_is_refused_by_its_name_and_leaves_nothing_behind(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is found before anything is set up: the next `setup()` is the first one."""
    monkeypatch.setenv("NINEFOLD_ADMIN_TOKEN", token)
    with pytest.raises(nf.ConfigurationError, match="NINEFOLD_ADMIN_TOKEN") as raised:
        nf.setup("shop")
    assert "nter2" not in str(raised.value)
    assert current() is None


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
