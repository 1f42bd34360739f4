"""What the check of another ninefold service makes of any bytes whatever."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http.client import HTTPException, RemoteDisconnected
from typing import get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.support.net import LOOPBACK
from tests.support.raw_server import RawServer

from ninefold.health import Finding, checks
from ninefold.health._model import Status
from ninefold.health.checks._ninefold import reported
from ninefold.health.checks._said import LONGEST, said

STATUSES = get_args(Status)
LATE = 30.0

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=8), inside),
    max_leaves=8,
)
documents = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(STATUSES) | values,
        "rootCause": st.fixed_dictionaries({"name": st.text(max_size=400)}) | values,
        "serviceId": values,
    },
)
bodies = st.binary(max_size=300) | documents.map(lambda each: json.dumps(each).encode())

heads = st.sampled_from(
    [
        b"",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\nX: ",
        b"HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n",
        b"HTTP/",
    ]
)


@pytest.fixture(scope="module")
def server() -> Iterator[RawServer]:
    """Answers each example in turn."""
    with RawServer() as server:
        yield server


def ending(look: Callable[[], Finding], *meant: type[Exception]) -> str:
    """What is told at the end: a finding that is up, or an error of just such a class.

    The error has no other behind it, which would hold what came.
    """
    try:
        found = look()
    except meant as error:
        if type(error) not in meant or error.__cause__ or error.__context__:
            raise
        return str(error)
    assert found.level == "up"
    return found.detail


@given(st.text(max_size=600))
def test_what_a_server_said_is_short_and_printable(text: str) -> None:
    """Whatever it was; and what is fit to be shown stays as it is."""
    shown = said(text)
    assert len(shown) <= LONGEST
    assert shown.isprintable()
    assert said(shown) == shown


@given(bodies)
@example(b"[" * 60_000)
@example(b'{"status": "UP", "x": ' + b'{"x":' * 10_000)
@example(b'{"status": "DOWN", "rootCause": {"name": "' + b"\xc3\xa9" * 30_000 + b'"}}')
def test_any_body_is_a_finding_that_is_up_or_a_value_error(body: bytes) -> None:
    """Nothing else is raised, and nothing long or unprintable is told."""
    told = ending(lambda: reported(body), ValueError)
    assert len(told) <= LONGEST + 50
    assert told.isprintable()


@given(st.sampled_from(STATUSES), st.from_regex(r"[a-z][a-z-]{0,30}", fullmatch=True), values)
def test_a_cause_is_told_where_something_is_wrong_alone(
    status: str, cause: str, more: object
) -> None:
    """Whatever else the document says, which newer services may."""
    document = {"status": status, "rootCause": {"name": cause, "more": more}, "more": more}
    found = reported(json.dumps(document).encode())
    if status in ("DEGRADED", "DOWN"):
        assert found == Finding("up", f"reports {status}, root cause {cause}", cause=cause)
    else:
        assert found == Finding("up", f"reports {status}")


@given(heads, bodies)
def test_any_bytes_on_the_wire_end_the_check(server: RawServer, head: bytes, body: bytes) -> None:
    """They are a finding, or an error that is meant, which says little of them."""
    server.answer = head + body
    check = checks.ninefold(f"http://{LOOPBACK}:{server.port}/healthz")
    told = ending(lambda: check.run(LATE), RemoteDisconnected, HTTPException, ValueError)
    assert len(told) <= LONGEST + 100
    assert told.isprintable()
