"""Labels of an HTTP exchange: whatever a client sends comes out as one of a bounded set."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Final

__all__ = [
    "KNOWN_METHODS",
    "OTHER",
    "known_methods",
    "method_label",
    "protocol_version_label",
    "scheme_label",
    "status_code",
    "status_label",
]

OTHER: Final = "_OTHER"
"""What stands for every value outside the bounded set."""

KNOWN_METHODS: Final = frozenset(
    {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"}
)
"""The methods that the conventions list for `http.request.method`."""

_SCHEMES: Final = {scheme: scheme for scheme in ("http", "https", "ws", "wss")}

# ASGI says "1.1" and "2", WSGI's SERVER_PROTOCOL "HTTP/1.1"; some servers write "2.0".
_VERSIONS: Final = {
    prefix + spelling: label
    for prefix in ("", "HTTP/")
    for spelling, label in {
        "1.0": "1.0",
        "1.1": "1.1",
        "2": "2",
        "2.0": "2",
        "3": "3",
        "3.0": "3",
    }.items()
}


def known_methods(setting: str | None) -> frozenset[str]:
    """Read `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS`, a comma-separated list.

    It replaces the default one; unset or empty means the default.

    >>> sorted(known_methods("GET, PURGE"))
    ['GET', 'PURGE']
    >>> known_methods("") == KNOWN_METHODS
    True
    """
    methods = frozenset(part.strip() for part in (setting or "").split(",")) - {""}
    return methods or KNOWN_METHODS


def method_label(method: str, known: AbstractSet[str] = KNOWN_METHODS) -> str:
    """Give `http.request.method`: the method itself if it is known, else `_OTHER`.

    Methods are case-sensitive (RFC 9110, section 9.1). A driver of a framework that routes `get` as
    `GET` gives the method as the framework sees it.

    >>> method_label("GET"), method_label("get"), method_label("FOO")
    ('GET', '_OTHER', '_OTHER')
    """
    return method if method in known else OTHER


def scheme_label(scheme: str) -> str:
    """Give `url.scheme`: http, https, ws or wss, else `_OTHER` (a proxy header may set it).

    >>> scheme_label("https"), scheme_label("gopher")
    ('https', '_OTHER')
    """
    return _SCHEMES.get(scheme, OTHER)


def protocol_version_label(version: str) -> str | None:
    """Give `network.protocol.version`: 1.0, 1.1, 2 or 3; None, so that it is left out, for others.

    >>> protocol_version_label("HTTP/1.1"), protocol_version_label("2"), protocol_version_label("9")
    ('1.1', '2', None)
    """
    return _VERSIONS.get(version)


def status_label(status: int) -> int | None:
    """Give `http.response.status_code`: a status from 100 to 599; None, left out, for any other.

    >>> status_label(404), status_label(999)
    (404, None)
    """
    return status if 100 <= status <= 599 else None


def status_code(line: str) -> int | None:
    """Read the number in a WSGI status line; None if it does not start with three digits.

    >>> status_code("404 NOT FOUND"), status_code("nonsense")
    (404, None)
    """
    digits = line[:3]
    return int(digits) if len(digits) == 3 and digits.isascii() and digits.isdigit() else None
