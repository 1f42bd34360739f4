"""The check of a name: how many addresses it has."""

from __future__ import annotations

import socket

import pytest

from ninefold.health import Check, Finding, checks

LATE = 30.0
# Longer than a name may be, so that no server is asked for it.
NO_NAME = ".".join(("a" * 63, "b" * 63, "c" * 63, "d" * 62))


def test_a_name_with_an_address_is_up() -> None:
    """How many it has is told."""
    assert checks.dns("127.0.0.1").run(LATE) == Finding("up", "resolves to 1 address")


def test_fewer_addresses_than_wanted_are_down() -> None:
    """Addresses that are listed twice count once."""
    found = checks.dns("127.0.0.1", at_least=2).run(LATE)
    assert found == Finding("down", "resolves to 1 address, of 2 wanted")


@pytest.mark.parametrize(
    "check", [checks.dns(NO_NAME), checks.tcp(NO_NAME, 1), checks.http(f"http://{NO_NAME}/")]
)
def test_a_name_that_does_not_resolve_has_failed(check: Check) -> None:
    """So for every check that looks one up."""
    with pytest.raises(socket.gaierror):
        check.run(LATE)
