"""Whether a name resolves."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from ninefold.core import require_count
from ninefold.health._model import Finding
from ninefold.health.checks._address import require_host

__all__ = ["DnsCheck", "dns"]


@dataclass(frozen=True, slots=True)
class DnsCheck:
    """What `dns` makes."""

    name: str
    at_least: int

    def __post_init__(self) -> None:
        require_host("name", self.name)
        require_count("at_least", self.at_least, minimum=1, unit="addresses")

    def run(self, timeout: float, /) -> Finding:
        """Look the name up. Raises `socket.gaierror`; `timeout` cannot be kept, see `dns`."""
        del timeout
        found = socket.getaddrinfo(self.name, None, type=socket.SOCK_STREAM)
        count = len({address[0] for *_, address in found})
        resolves = f"resolves to {count} address{'' if count == 1 else 'es'}"
        if count < self.at_least:
            return Finding("down", f"{resolves}, of {self.at_least} wanted")
        return Finding("up", resolves)

    def __repr__(self) -> str:
        return f"dns({self.name!r}, at_least={self.at_least})"


def dns(name: str, *, at_least: int = 1) -> DnsCheck:
    """A check: `name` resolves to `at_least` different addresses, 1 by default.

    It asks as the service's own clients do, by the system's resolver: a name in `/etc/hosts` and
    what a local cache holds are found too.

    The system's look-up cannot be interrupted: the check may take longer than the probe's timeout,
    up to what the resolver allows itself (on Linux 5 seconds a try and server, twice). It runs on
    a worker thread, as every check that is no coroutine; its probe has timed out by then, and no
    other begins before the look-up ends.

    The check raises `socket.gaierror` for a name that does not resolve.

    Raises `ConfigurationError` for what is no host's name, and for `at_least` below 1.

    >>> from ninefold.health import checks
    >>> checks.dns("localhost").run(2.0).level
    'up'
    """
    return DnsCheck(name, at_least)
