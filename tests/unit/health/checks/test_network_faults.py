"""Every check that connects, against every fault of a wire: what it raises, and that it ends."""

from __future__ import annotations

import ssl
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.client import HTTPException, RemoteDisconnected
from pathlib import Path

import pytest
from tests.support.net import LOOPBACK, free_port, unanswered_port
from tests.support.raw_server import RawServer
from tests.support.tcp_proxy import Fault, TcpProxy
from tests.support.tls import Authority, ServerTls

from ninefold.health import Check, Finding, checks

Make = Callable[[int, Path | None], Check]

SHORT = 0.2
LATE = 30.0

EVERY: dict[str, Make] = {
    "http": lambda port, _: checks.http(f"http://{LOOPBACK}:{port}/"),
    "https": lambda port, root: checks.http(f"https://{LOOPBACK}:{port}/", ca_file=root),
    "ninefold": lambda port, _: checks.ninefold(f"http://{LOOPBACK}:{port}/healthz"),
    "tls": lambda port, root: checks.tls(LOOPBACK, port, ca_file=root),
    "tcp": lambda port, _: checks.tcp(LOOPBACK, port),
}
TALKING = {name: make for name, make in EVERY.items() if name != "tcp"}
WELL = {
    "http": Finding("up", "answered 200"),
    "https": Finding("up", "answered 200"),
    "ninefold": Finding("up", "reports UP"),
    "tls": Finding("up", "expires in 30 days"),
    "tcp": Finding("up"),
}

BODY = b'{"status": "UP"}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Whom the checks trust."""
    return Authority(tmp_path / "ours")


def in_days(days: float) -> datetime:
    """A moment so many days from now, with an hour to spare."""
    return datetime.now(UTC) + timedelta(days=days, hours=1)


@pytest.mark.parametrize("name", EVERY)
def test_a_server_that_works_is_up(name: str, authority: Authority) -> None:
    """Each check finds a working server well, through a proxy that does nothing."""
    pair = authority.issue(until=in_days(30))
    tls = ServerTls(pair).context() if name in ("https", "tls") else None
    with RawServer(ANSWER, tls=tls) as server, TcpProxy(server.port) as proxy:
        assert EVERY[name](proxy.port, authority.root).run(LATE) == WELL[name]


@pytest.mark.parametrize("name", EVERY)
def test_nobody_listening_is_a_refused_connection(name: str, authority: Authority) -> None:
    """The error says what the machine said."""
    check = EVERY[name](free_port(), authority.root)
    with pytest.raises(ConnectionRefusedError):
        check.run(LATE)


@pytest.mark.skipif(sys.platform != "linux", reason="by design: others refuse a full backlog")
@pytest.mark.parametrize("name", EVERY)
def test_a_connection_that_never_comes_about_times_out(name: str, authority: Authority) -> None:
    """Packets that are dropped are waited for no longer than the timeout."""
    with unanswered_port() as port, pytest.raises(TimeoutError):
        EVERY[name](port, authority.root).run(SHORT)


@pytest.mark.parametrize(
    ("fault", "error"),
    [(Fault.HANG, TimeoutError), (Fault.DROP, TimeoutError), (Fault.RESET, OSError)],
)
@pytest.mark.parametrize("name", TALKING)
def test_a_server_that_does_not_answer_has_failed(
    name: str, fault: Fault, error: type[Exception], authority: Authority
) -> None:
    """A connection that is accepted is not enough where more is asked."""
    with TcpProxy(free_port()) as proxy:
        proxy.fault = fault
        patience = SHORT if error is TimeoutError else LATE
        with pytest.raises(error) as raised:
            TALKING[name](proxy.port, authority.root).run(patience)
    assert isinstance(raised.value, TimeoutError) == (error is TimeoutError)


@pytest.mark.parametrize("name", TALKING)
def test_a_server_that_drips_is_cut_off(name: str, authority: Authority) -> None:
    """Each byte comes well within the timeout; the timeout is for all of them."""
    # A record of a handshake that is 16 KB long, for those that speak TLS.
    drips = b"\x16\x03\x03\x40\x00" + bytes(9) if name in ("https", "tls") else ANSWER[:60]
    with RawServer(drips, greets=True, drips=True) as server, pytest.raises(TimeoutError):
        TALKING[name](server.port, authority.root).run(SHORT)


@pytest.mark.parametrize(
    "head",
    [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n"],
    ids=["head", "body"],
)
@pytest.mark.parametrize("name", ["http", "ninefold"])
def test_a_server_that_stops_midway_times_out(name: str, head: bytes) -> None:
    """What has begun to come is no answer until it is there."""
    with RawServer(head, holds=True) as server, pytest.raises(TimeoutError):
        EVERY[name](server.port, None).run(SHORT)


@pytest.mark.parametrize("name", ["http", "ninefold"])
def test_a_server_that_hangs_up_gave_no_answer(name: str) -> None:
    """An end of the connection in place of an answer is told as such."""
    with RawServer(b"") as server, pytest.raises(RemoteDisconnected):
        EVERY[name](server.port, None).run(LATE)


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.7\r\n",
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 150 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=["ssh", "status", "long line", "many headers", "chunk"],
)
@pytest.mark.parametrize("name", ["http", "ninefold"])
def test_what_is_no_http_is_said_shortly(name: str, answer: bytes) -> None:
    """The error quotes little of what came, and nothing that cannot be printed."""
    with RawServer(answer) as server, pytest.raises(HTTPException, match="no HTTP answer") as told:
        EVERY[name](server.port, None).run(LATE)
    assert len(str(told.value)) < 250
    assert str(told.value).isprintable()


@pytest.mark.parametrize("name", ["https", "tls"])
def test_a_certificate_of_a_stranger_is_not_trusted(
    name: str, authority: Authority, tmp_path: Path
) -> None:
    """There is no way to look away."""
    stranger = Authority(tmp_path / "theirs")
    tls = ServerTls(stranger.issue()).context()
    with RawServer(ANSWER, tls=tls) as server, pytest.raises(ssl.SSLCertVerificationError):
        EVERY[name](server.port, authority.root).run(LATE)


@pytest.mark.parametrize("name", ["https", "tls"])
def test_the_system_decides_where_no_file_does(name: str, authority: Authority) -> None:
    """Without `ca_file` an authority of a test's own is a stranger."""
    tls = ServerTls(authority.issue()).context()
    with RawServer(ANSWER, tls=tls) as server, pytest.raises(ssl.SSLCertVerificationError):
        EVERY[name](server.port, None).run(LATE)


@pytest.mark.parametrize("name", ["https", "tls"])
def test_what_speaks_no_tls_has_failed(name: str, authority: Authority) -> None:
    """A plain server behind an address that should be secure."""
    with RawServer(ANSWER, greets=True) as server, pytest.raises(ssl.SSLError):
        EVERY[name](server.port, authority.root).run(LATE)
