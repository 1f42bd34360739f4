"""Checks: what to ask of a dependency, a file each; `nf.checks.tcp("db", 5432)`."""

from ninefold.health._model import Finding
from ninefold.health.checks._dns import dns
from ninefold.health.checks._function import function
from ninefold.health.checks._http import http
from ninefold.health.checks._ninefold import ninefold
from ninefold.health.checks._tcp import tcp
from ninefold.health.checks._tls import tls

__all__ = [
    "Finding",
    "dns",
    "function",
    "http",
    "ninefold",
    "tcp",
    "tls",
]
