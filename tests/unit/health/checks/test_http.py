"""The check of a URL: which answers are well, what is sent, and how much is read."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.net import LOOPBACK
from tests.support.raw_server import RawServer

from ninefold.health import Finding, checks

LATE = 30.0


def answer(status: int, *headers: str, body: bytes = b"") -> bytes:
    """An answer that ends with the connection."""
    head = "\r\n".join((f"HTTP/1.1 {status} Whatever", *headers))
    return head.encode() + b"\r\n\r\n" + body


@pytest.mark.parametrize(
    ("status", "options", "level"),
    [
        (200, {}, "up"),
        (204, {}, "up"),
        (399, {}, "up"),
        (400, {}, "down"),
        (404, {}, "down"),
        (503, {}, "down"),
        (503, {"expect": 503}, "up"),
        (200, {"expect": 204}, "down"),
        (401, {"expect": (200, 401)}, "up"),
        (299, {"expect": range(200, 300)}, "up"),
        (300, {"expect": range(200, 300)}, "down"),
        (418, {"expect": lambda status: status == 418}, "up"),
        (200, {"expect": lambda status: status == 418}, "down"),
    ],
)
def test_the_status_decides(status: int, options: dict[str, Any], level: str) -> None:
    """By default 200 to 399 are well; else what `expect` says."""
    with RawServer(answer(status)) as server:
        found = checks.http(f"http://{LOOPBACK}:{server.port}/", **options).run(LATE)
    assert found == Finding(level, f"answered {status}")  # type: ignore[arg-type]  # a level


def test_a_redirect_is_an_answer() -> None:
    """It is not followed, neither to this server nor to another."""
    with RawServer(answer(302, "Location: /elsewhere")) as server:
        found = checks.http(f"http://{LOOPBACK}:{server.port}/").run(LATE)
    assert found == Finding("up", "answered 302")
    assert len(server.requests) == 1


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked is the dependency, not what stands before other traffic."""
    with RawServer(answer(200)) as server, RawServer(answer(502)) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://{LOOPBACK}:{proxy.port}")
        monkeypatch.delenv("no_proxy", raising=False)
        found = checks.http(f"http://{LOOPBACK}:{server.port}/").run(LATE)
    assert found == Finding("up", "answered 200")
    assert proxy.requests == []


def asked(url: str, **options: Any) -> list[str]:
    """The lines of the request that a check sends; `{}` in its URL is the server."""
    with RawServer(answer(200)) as server:
        checks.http(url.format(f"{LOOPBACK}:{server.port}"), **options).run(LATE)
    (request,) = server.requests
    lines = request.decode("latin-1").replace(f":{server.port}", ":PORT").split("\r\n")
    return [line for line in lines if line]


def test_a_request_is_plain() -> None:
    """One request on a connection of its own, by whoever it is that asks."""
    assert asked("http://{}/health?deep=1") == [
        "GET /health?deep=1 HTTP/1.1",
        f"Host: {LOOPBACK}:PORT",
        "Accept-Encoding: identity",
        "User-Agent: ninefold",
        "Connection: close",
    ]


def test_method_and_headers_are_the_users() -> None:
    """A header that we would send gives way, whatever its case."""
    sent = asked("http://{}", method="HEAD", headers={"host": "shop", "user-agent": "me", "X": "é"})
    assert sent == [
        "HEAD / HTTP/1.1",
        "Accept-Encoding: identity",
        "host: shop",
        "user-agent: me",
        "X: é",
        "Connection: close",
    ]


def test_the_user_of_a_url_is_basic_authorization() -> None:
    """Percent-encoded characters are what they stand for."""
    assert "Authorization: Basic bWU6cDpAc3M=" in asked("http://me:p%3A%40ss@{}/")


@pytest.mark.parametrize("chunked", [False, True], ids=["to its end", "chunked"])
def test_a_body_without_an_end_is_read_in_part(chunked: bool) -> None:
    """The status is known, and 16 KB are enough of a page."""
    headers = ["Transfer-Encoding: chunked"] if chunked else []
    body = b"fffffff\r\nx" if chunked else b"x"
    with RawServer(answer(200, *headers, body=body), endless=True) as server:
        found = checks.http(f"http://{LOOPBACK}:{server.port}/").run(LATE)
    assert found == Finding("up", "answered 200")


def test_what_a_head_answer_holds_back_is_not_waited_for() -> None:
    """An answer to HEAD tells the length of a body that does not come."""
    with RawServer(answer(200, "Content-Length: 1000"), holds=True) as server:
        found = checks.http(f"http://{LOOPBACK}:{server.port}/", method="HEAD").run(LATE)
    assert found == Finding("up", "answered 200")


def test_a_server_that_repeats_a_password_does_not_have_it_told() -> None:
    """An error that quotes what came quotes no credentials."""
    with RawServer(b"Authorization: Basic bWU6c2VjcmV0MTIz\r\n\r\n") as server:
        check = checks.http(f"http://me:secret123@{LOOPBACK}:{server.port}/")
        with pytest.raises(Exception, match="REDACTED") as raised:
            check.run(LATE)
    assert "bWU6" not in str(raised.value)


def test_a_function_that_raises_about_a_status_fails_the_check() -> None:
    """As any check that raises."""

    def expect(status: int) -> bool:
        raise LookupError(status)

    with RawServer(answer(200)) as server, pytest.raises(LookupError):
        checks.http(f"http://{LOOPBACK}:{server.port}/", expect=expect).run(LATE)
