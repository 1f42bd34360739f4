"""The end of a blocking call whose time is over."""

from __future__ import annotations

import socket

import pytest
from tests.support.waiting import eventually

from ninefold.health.checks._cut import Cut


def test_a_blocked_call_ends_as_a_timeout() -> None:
    """Whatever the driver makes of the lost connection is the cause."""
    ours, theirs = socket.socketpair()

    def read() -> bytes:
        answer = ours.recv(1)
        if not answer:
            raise EOFError("server closed the connection")
        return answer

    with (
        ours,
        theirs,
        pytest.raises(TimeoutError, match=r"0\.01 seconds") as raised,
        Cut(ours, 0.01),
    ):
        read()
    assert isinstance(raised.value.__cause__, EOFError)


def test_a_call_that_ends_in_time_leaves_the_connection_alone() -> None:
    """It is the user's, and goes back to its pool."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        with Cut(ours, 60):
            theirs.sendall(b"x")
            assert ours.recv(1) == b"x"
        theirs.sendall(b"y")
        assert ours.recv(1) == b"y"


def test_an_answer_at_the_last_moment_is_a_timeout_too() -> None:
    """The socket is lost, and nobody may put such a connection back into a pool."""
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(TimeoutError), Cut(ours, 0.01) as cut:
        eventually(lambda: cut.fired)


def test_what_is_no_error_passes_though_the_time_is_over() -> None:
    """An interrupt stays one."""
    ours, theirs = socket.socketpair()

    def interrupted(cut: Cut) -> None:
        eventually(lambda: cut.fired)
        raise KeyboardInterrupt

    with ours, theirs, pytest.raises(KeyboardInterrupt), Cut(ours, 0.01) as cut:
        interrupted(cut)


def test_an_error_of_the_call_itself_passes_unchanged() -> None:
    """Only what the cut brought about is a timeout."""
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(ValueError, match="wrong"), Cut(ours, 60):
        raise ValueError("wrong")


@pytest.mark.parametrize("handle", [object(), None])
def test_what_has_no_number_is_left_alone(handle: object) -> None:
    """A driver that shows no file descriptor is bounded by itself."""
    with Cut(handle, 0) as cut:
        pass
    assert not cut.fired


def test_a_closed_connection_is_left_alone() -> None:
    """Its number may be another's by now."""
    ours, theirs = socket.socketpair()
    ours.close()
    theirs.close()
    with Cut(ours, 0) as cut:
        pass
    assert not cut.fired
