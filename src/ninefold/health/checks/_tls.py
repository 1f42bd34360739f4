"""Whether a server's TLS certificate is trusted, and for how long it will be."""

from __future__ import annotations

import os
import ssl
import time
from dataclasses import dataclass, field

from ninefold.core import require_non_negative
from ninefold.health._model import Finding
from ninefold.health.checks._address import require_host, require_port
from ninefold.health.checks._connection import connect, secure
from ninefold.health.checks._remaining import Remaining
from ninefold.health.checks._trust import trust

__all__ = ["TlsCheck", "tls"]

_HOUR = 3600.0
_DAY = 24 * _HOUR


@dataclass(frozen=True, slots=True)
class TlsCheck:
    """What `tls` makes."""

    host: str
    port: int
    days: float
    server_name: str
    context: ssl.SSLContext = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        require_host("host", self.host)
        require_port("port", self.port)
        require_non_negative("days", self.days, unit="days")
        require_host("server_name", self.server_name)

    def run(self, timeout: float, /) -> Finding:
        """Shake hands within `timeout` seconds, and look at the certificate. Raises `OSError`."""
        remaining = Remaining(timeout)
        with (
            connect(self.host, self.port, remaining) as line,
            secure(line, self.context, self.server_name, remaining) as secured,
        ):
            certificate = secured.getpeercert() or {}
        end = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
        # A certificate's dates are the world's: wall time is what they are compared with.
        left = end - time.time()
        expires = f"expires in {_length(left)}"
        return Finding("degraded" if left < self.days * _DAY else "up", expires)

    def __repr__(self) -> str:
        return f"tls({self.host!r}, {self.port}, days={self.days:g})"


def tls(
    host: str,
    port: int = 443,
    *,
    days: float = 14,
    ca_file: str | os.PathLike[str] | None = None,
    server_name: str | None = None,
) -> TlsCheck:
    """A check: `host` shows a certificate that is trusted and stays valid for `days` days or more.

    With fewer left, it is degraded. TLS must begin with the connection: what changes to it by a
    command (STARTTLS, PostgreSQL) cannot be asked. The server's own certificate is looked at, not
    those that it was issued by.

    - `days` is 14 by default.
    - `ca_file` is a PEM file of what to trust instead of the system's authorities, read once, here.
    - `server_name` is whom the certificate must name, `host` by default.

    The check raises `ssl.SSLCertVerificationError` for a certificate that has expired, is not
    trusted or is another host's, `ssl.SSLError` where no TLS is spoken, and what a connection
    fails with (`OSError`, `TimeoutError`).

    Raises `ConfigurationError` for a host, port or name that is none, for `days` below 0, and for a
    `ca_file` that cannot be read.

    >>> from ninefold.health import checks
    >>> checks.tls("shop.example", days=21)
    tls('shop.example', 443, days=21)
    """
    name = host if server_name is None else server_name
    return TlsCheck(host, port, days, name, trust(ca_file))


def _length(seconds: float) -> str:
    """So many whole days, or hours where it is not even one; never more than is left."""
    unit, length = ("day", _DAY) if seconds >= _DAY else ("hour", _HOUR)
    count = max(0, int(seconds // length))
    return f"{count} {unit}{'' if count == 1 else 's'}"
