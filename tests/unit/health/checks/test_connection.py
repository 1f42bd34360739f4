"""A connection to a name of several addresses."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from tests.support.net import LOOPBACK, free_port, unanswered_port

from ninefold.health.checks._connection import first_answering
from ninefold.health.checks._remaining import Remaining

LATE = 30.0


def at(port: int) -> tuple[int, int, int, str, tuple[str, int]]:
    """An address, as a look-up gives it."""
    return (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (LOOPBACK, port))


@pytest.fixture
def port() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        yield listener.getsockname()[1]


def test_an_address_that_refuses_gives_way_to_the_next(port: int) -> None:
    """One that answers is enough."""
    with first_answering([at(free_port()), at(port)], Remaining(LATE)) as line:
        assert line.getpeername() == (LOOPBACK, port)


@pytest.mark.skipif(sys.platform != "linux", reason="by design: others refuse a full backlog")
def test_an_address_that_never_answers_leaves_time_for_the_next(port: int) -> None:
    """It is waited for no longer than its share."""
    with ExitStack() as stack:
        silent = stack.enter_context(unanswered_port())
        line = stack.enter_context(first_answering([at(silent), at(port)], Remaining(1.0)))
        assert line.getpeername() == (LOOPBACK, port)


def test_the_last_address_that_fails_says_why() -> None:
    """None of several answers."""
    with pytest.raises(ConnectionRefusedError):
        first_answering([at(free_port()), at(free_port())], Remaining(LATE))


def test_no_time_is_no_connection(port: int) -> None:
    """A look-up may have taken all of it."""
    with pytest.raises(TimeoutError, match="not done within 0 seconds"):
        first_answering([at(port)], Remaining(0.0))
