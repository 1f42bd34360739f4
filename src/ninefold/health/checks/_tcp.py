"""Whether a port accepts connections."""

from __future__ import annotations

from dataclasses import dataclass

from ninefold.health._model import Finding
from ninefold.health.checks._address import require_host, require_port
from ninefold.health.checks._connection import connect
from ninefold.health.checks._remaining import Remaining

__all__ = ["TcpCheck", "tcp"]


@dataclass(frozen=True, slots=True)
class TcpCheck:
    """What `tcp` makes."""

    host: str
    port: int

    def __post_init__(self) -> None:
        require_host("host", self.host)
        require_port("port", self.port)

    def run(self, timeout: float, /) -> Finding:
        """Connect, within `timeout` seconds, and close. Raises `OSError`."""
        connect(self.host, self.port, Remaining(timeout)).close()
        return Finding()

    def __repr__(self) -> str:
        return f"tcp({self.host!r}, {self.port})"


def tcp(host: str, port: int) -> TcpCheck:
    """A check: a TCP connection to `host`, a name or IP address, comes about; it is closed at once.

    A name's addresses are tried one after the other, within the probe's timeout as a whole; one of
    them is enough. That a port accepts connections does not say that what listens works: where
    there is a check that asks more, prefer it.

    The check raises `socket.gaierror` for a name that does not resolve, `TimeoutError`, and what
    else a connection fails with (`OSError`). Looking a name up cannot be interrupted.

    Raises `ConfigurationError` for a host with a scheme, user or port in it, and for a port that
    is not between 1 and 65535.

    >>> from ninefold.health import checks
    >>> checks.tcp("db.internal", 5432)
    tcp('db.internal', 5432)
    """
    return TcpCheck(host, port)
