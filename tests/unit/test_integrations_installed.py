"""Which of the installed integrations serves a name."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from ninefold.service import _target


def test_of_two_integrations_with_one_name_the_first_serves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As on the path, where a project's own stands before what is installed."""
    first, second = (EntryPoint("asgi", f"{each}:x", _target.GROUP) for each in ("own", "other"))
    monkeypatch.setattr(_target, "entry_points", lambda group: (first, second))
    assert _target.integrations.__wrapped__() == {"asgi": first}
