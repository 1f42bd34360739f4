"""Several workers of one server: what one has said holds for those that come after it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import ninefold as nf


class Others:
    """The other workers of a server, as far as they have said something."""

    def __init__(self) -> None:
        self.draining = self.started = False

    def drain(self) -> None:
        """Note it."""
        self.draining = True

    def is_draining(self) -> bool:
        """Whether it was noted."""
        return self.draining

    def start(self) -> None:
        """Note it."""
        self.started = True

    def is_started(self) -> bool:
        """Whether it was noted."""
        return self.started

    def beat(self) -> None:
        """Nothing to note."""

    def leave(self) -> None:
        """Nothing to note."""

    def serve(self) -> bool:
        """None of them does."""
        return False


@contextmanager
def waiting(others: Others) -> Iterator[nf.Health]:
    """A worker whose dependency has not been heard of yet."""
    heard = threading.Event()

    def check() -> bool:
        return heard.wait(60)

    health = nf.Health()
    health.add("database", check, scope="local", timeout=60, interval=60)
    health.share_with(others)
    try:
        yield health
    finally:
        heard.set()
        health.stop()


def status(health: nf.Health, path: str) -> int:
    """What is answered there."""
    answer = health.answer(path)
    assert answer is not None
    return answer.status


@pytest.mark.parametrize("started", [False, True], ids=["first", "later"])
def test_a_later_worker_is_part_of_a_server_that_has_started(started: bool) -> None:
    """It does not begin anew; the first ones do, and hold the server back."""
    others = Others()
    others.started = started
    with waiting(others) as health:
        code = 200 if started else 503
        assert [status(health, path) for path in ("/startupz", "/readyz")] == [code, code]
    assert others.started is started


def test_who_has_started_tells_the_others() -> None:
    """As one without dependencies has at once; not while its application still starts."""
    others = Others()
    health = nf.Health()
    health.share_with(others)
    serves = health.starting()
    assert status(health, "/readyz") == 503
    assert not others.started
    serves()
    assert status(health, "/readyz") == 200
    assert others.started
    health.stop()


def test_one_drains_all() -> None:
    """Whichever of them was told."""
    others = Others()
    one, two = nf.Health(), nf.Health()
    one.share_with(others)
    two.share_with(others)
    assert [status(each, "/readyz") for each in (one, two)] == [200, 200]
    one.drain()
    assert [status(each, "/readyz") for each in (one, two)] == [503, 503]
    for each in (one, two):
        each.stop()
