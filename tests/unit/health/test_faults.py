"""What fails around health costs a line in the log now and then, and nothing else."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.waiting import eventually

import ninefold as nf
from ninefold.testing import ManualClock


def _fails() -> str | None:
    raise RuntimeError("no answer of redis://me:hunter2@cache")


@pytest.fixture
def clock() -> ManualClock:
    """The clock that health goes by."""
    return ManualClock(automatic=False)


@pytest.fixture
def health(clock: ManualClock) -> Iterator[nf.Health]:
    """A Health that a failing heartbeat is part of."""
    made = nf.Health("shop", runtime=clock.runtime())
    made.alive_while(_fails)
    yield made
    made.stop()


def test_a_heartbeat_that_fails_is_told_of_once_a_minute_and_kills_nobody(
    health: nf.Health, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    """It is asked with each probe, which are many; what it raises may hold a password."""
    answers: list[Any] = []
    with caplog.at_level(logging.ERROR, logger="ninefold.health"):
        for _ in range(20):
            answers += [health.answer("/livez") for _ in range(10)]
            clock.advance(5)
    assert {answer.status for answer in answers} == {200}
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert "RuntimeError: no answer of redis://REDACTED@cache" in told[0]
    assert "hunter2" not in caplog.text


def test_probing_begins_later_where_no_thread_was_to_be_had(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A machine short of threads when the first answer is wanted does not go unwatched for good."""
    start = threading.Thread.start

    def refuses(thread: threading.Thread) -> None:
        if thread.name.startswith("ninefold"):
            raise RuntimeError("can't start new thread")
        start(thread)

    health = nf.Health("shop")
    health.add("db", lambda: True)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuses)
        answer = health.answer("/readyz")
        assert answer is not None
        assert answer.status == 503
    eventually(lambda: (answer := health.answer("/readyz")) and answer.status == 200)
    health.stop()
