"""The check of another ninefold service: it informs, and never decides."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.net import LOOPBACK
from tests.support.raw_server import RawServer

from ninefold.health import Finding, checks

LATE = 30.0


def answer(body: bytes, status: int = 200, *headers: str) -> bytes:
    """An answer with this body."""
    head = "\r\n".join((f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *headers))
    return head.encode() + b"\r\n\r\n" + body


def ask(body: bytes, status: int = 200) -> Finding:
    """What the check finds where this is the answer."""
    with RawServer(answer(body, status)) as server:
        return checks.ninefold(f"http://{LOOPBACK}:{server.port}/healthz").run(LATE)


CAUSED = {"rootCause": {"name": "psp", "state": "down"}, "serviceId": "orders"}


@pytest.mark.parametrize(
    ("document", "detail", "cause"),
    [
        ({"status": "UP"}, "reports UP", None),
        ({"status": "UNKNOWN", **CAUSED}, "reports UNKNOWN", None),
        ({"status": "STARTING", **CAUSED}, "reports STARTING", None),
        ({"status": "DRAINING", **CAUSED}, "reports DRAINING", None),
        ({"status": "DOWN"}, "reports DOWN", None),
        ({"status": "DOWN", "rootCause": None}, "reports DOWN", None),
        ({"status": "DOWN", "rootCause": {"name": " "}}, "reports DOWN", None),
        ({"status": "DOWN", **CAUSED}, "reports DOWN, root cause psp", "psp"),
        ({"status": "DEGRADED", **CAUSED}, "reports DEGRADED, root cause psp", "psp"),
    ],
)
@pytest.mark.parametrize("status", [200, 503])
def test_what_it_reports_is_told_and_never_decides(
    document: dict[str, Any], detail: str, cause: str | None, status: int
) -> None:
    """Its level is `up` whatever it says, also where it says it strictly, with 503."""
    assert ask(json.dumps(document).encode(), status) == Finding("up", detail, cause=cause)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"OK",
        b"<html>",
        b"[]",
        b"{}",
        b'"UP"',
        b'{"status": "pass"}',
        b'{"status": "up"}',
        b'{"status": 1}',
        b'{"status": "DOWN", "rootCause": "psp"}',
        b'{"status": "DOWN", "rootCause": {"name": 1}}',
        b'{"status": "UP"} and more',
        b'{"status": "UP"',
        b'{"status": "\xff"}',
        b"[" * 30_000,
        b'{"status": "UP", "more": ' + b"[" * 30_000,
    ],
)
@pytest.mark.parametrize("status", [200, 404])
def test_what_is_no_document_has_failed(body: bytes, status: int) -> None:
    """The status is told, and what is wrong, shortly."""
    with pytest.raises(ValueError, match=f"^answered {status}, not a health document") as raised:
        ask(body, status)
    assert len(str(raised.value)) < 250


def test_an_answer_of_more_than_64_kb_has_failed() -> None:
    """It is not read to its end, which it may not have."""
    with RawServer(b"HTTP/1.1 200 OK\r\n\r\n ", endless=True) as server:
        check = checks.ninefold(f"http://{LOOPBACK}:{server.port}/healthz")
        with pytest.raises(ValueError, match="longer than 65536 bytes"):
            check.run(LATE)


def test_what_it_names_is_made_fit_to_be_shown() -> None:
    """Cut, printable, and without what looks like a password."""
    name = "a\n\x1b[31m\u202e postgresql://me:secret123@db/shop " + "x" * 5000
    found = ask(json.dumps({"status": "DOWN", "rootCause": {"name": name}}).encode())
    assert found.cause is not None
    assert found.cause.startswith("a??[31m? postgresql://REDACTED@db/shop xxx")
    assert found.cause.isprintable()
    assert len(found.cause) == 200
    assert found.detail == f"reports DOWN, root cause {found.cause}"


@pytest.mark.parametrize(
    ("user", "options", "authorization"),
    [
        ("", {}, []),
        ("", {"token": "c2VjcmV0="}, ["Authorization: Bearer c2VjcmV0="]),
        ("me:secret@", {}, ["Authorization: Basic bWU6c2VjcmV0"]),
    ],
)
def test_it_asks_for_first_hand_knowledge(
    user: str, options: dict[str, str], authorization: list[str]
) -> None:
    """The depth header cuts cycles; a token opens the details."""
    with RawServer(answer(b'{"status": "UP"}')) as server:
        checks.ninefold(f"http://{user}{LOOPBACK}:{server.port}/healthz", **options).run(LATE)
    (request,) = server.requests
    line, *headers = request.decode().rstrip().split("\r\n")
    assert line == "GET /healthz HTTP/1.1"
    assert "x-ninefold-depth: 1" in headers
    assert [header for header in headers if header.startswith("Authorization")] == authorization
