"""The check of a certificate: how long it is valid, for whom, and who says so."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest
from tests.support.net import LOOPBACK
from tests.support.raw_server import RawServer
from tests.support.tls import Authority, ServerTls

from ninefold.health import Finding, checks

LATE = 30.0


class Serve(Protocol):
    """Start a server whose certificate is valid for so long; returns its port."""

    def __call__(self, valid: timedelta, host: str = LOOPBACK) -> int: ...


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Whom the checks trust."""
    return Authority(tmp_path / "ours")


@pytest.fixture
def serve(authority: Authority) -> Iterator[Serve]:
    """Servers that end with the test."""
    with ExitStack() as stack:

        def start(valid: timedelta, host: str = LOOPBACK) -> int:
            pair = authority.issue(host, until=datetime.now(UTC) + valid)
            tls = ServerTls(pair).context()
            return stack.enter_context(RawServer(greets=True, tls=tls)).port

        yield start


# Half an hour is for a machine that stalls between making a certificate and asking for it.
SPARE = timedelta(minutes=30)


@pytest.mark.parametrize(
    ("valid", "options", "found"),
    [
        (timedelta(days=80), {}, Finding("up", "expires in 80 days")),
        (timedelta(days=14), {}, Finding("up", "expires in 14 days")),
        (timedelta(days=13), {}, Finding("degraded", "expires in 13 days")),
        (timedelta(days=9), {"days": 7}, Finding("up", "expires in 9 days")),
        (timedelta(days=9), {"days": 9.5}, Finding("degraded", "expires in 9 days")),
        (timedelta(days=1), {}, Finding("degraded", "expires in 1 day")),
        (timedelta(hours=23), {}, Finding("degraded", "expires in 23 hours")),
        (timedelta(hours=1), {}, Finding("degraded", "expires in 1 hour")),
        (timedelta(0), {}, Finding("degraded", "expires in 0 hours")),
        (timedelta(hours=5), {"days": 0}, Finding("up", "expires in 5 hours")),
    ],
)
def test_a_certificate_that_ends_soon_is_degraded(
    serve: Serve,
    authority: Authority,
    valid: timedelta,
    options: dict[str, float],
    found: Finding,
) -> None:
    """Fewer than `days` days are soon; the rest is said in whole days, or hours."""
    port = serve(valid + SPARE)
    check = checks.tls(LOOPBACK, port, ca_file=authority.root, **options)  # type: ignore[arg-type]  # days alone
    assert check.run(LATE) == found


def test_a_certificate_that_has_expired_has_failed(serve: Serve, authority: Authority) -> None:
    """The error says why it is not trusted."""
    check = checks.tls(LOOPBACK, serve(-SPARE), ca_file=authority.root)
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        check.run(LATE)


def test_a_certificate_must_name_the_host(serve: Serve, authority: Authority) -> None:
    """Trusted, and of another server, is not trusted; `server_name` says who is meant."""
    port = serve(timedelta(days=80), "db.internal")
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        checks.tls(LOOPBACK, port, ca_file=authority.root).run(LATE)
    named = checks.tls(LOOPBACK, port, ca_file=authority.root, server_name="db.internal")
    assert named.run(LATE).level == "up"
