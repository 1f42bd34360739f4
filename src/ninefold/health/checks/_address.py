"""Where a check connects to: hosts, ports and URLs, as users write them."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

from ninefold.core import require_between, require_count, require_name, shown
from ninefold.errors import ConfigurationError

__all__ = ["HttpAddress", "require_host", "require_port"]

_PORTS = {"http": 80, "https": 443}


def require_host(name: str, value: str) -> None:
    """`value` must be a host's name or IP address, without a scheme, port or brackets."""
    require_name(name, value)
    if any(char in value for char in "/@[] ") or not _is_encodable(value):
        got = "one with a user in it" if "@" in value else shown(value)
        raise ConfigurationError(
            f"{name} must be a host's name or IP address alone, as 'db.internal' or '::1', got"
            f" {got}"
        )


def require_port(name: str, value: object) -> None:
    """`value` must be a TCP port that one can connect to."""
    require_count(name, value)
    require_between(name, value, 1, 65535)


@dataclass(frozen=True, slots=True)
class HttpAddress:
    """An HTTP URL, taken apart. Its user and password are in `authorization`, and not in `repr`.

    `authority` is host and port as a `Host` header has them, `target` path and query.
    """

    scheme: str
    host: str
    port: int
    authority: str
    target: str = field(repr=False)
    authorization: str | None = field(repr=False)

    @classmethod
    def of(cls, url: str) -> HttpAddress:
        """Take `url` apart. Raises `ConfigurationError`, whose message never shows the URL."""
        parts, port = _split(url)
        if parts is None or parts.scheme not in _PORTS or not parts.hostname or port == 0:
            raise ConfigurationError(
                "url must be an http:// or https:// URL of printable ASCII with a host, such as"
                " 'https://api.example/health'; write other characters percent-encoded (what was"
                " given is not shown, as it may hold a password)"
            )
        require_host("the host of url", parts.hostname)
        return cls(
            scheme=parts.scheme,
            host=parts.hostname,
            port=_PORTS[parts.scheme] if port is None else port,
            authority=parts.netloc.rpartition("@")[2],
            target=f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/",
            authorization=_basic(parts),
        )

    def __str__(self) -> str:
        """The URL without user, password and query, any of which may be secret."""
        path, mark, _ = self.target.partition("?")
        return f"{self.scheme}://{self.authority}{path}{'?…' if mark else ''}"


def _split(url: object) -> tuple[SplitResult | None, int | None]:
    # urlsplit drops tabs and line ends unasked, and its errors quote the password.
    if not isinstance(url, str) or not url.isascii() or not url.isprintable() or " " in url:
        return None, None
    try:
        parts = urlsplit(url)
        return parts, parts.port
    except ValueError:
        return None, None


def _basic(parts: SplitResult) -> str | None:
    if parts.username is None and parts.password is None:
        return None
    user = unquote_to_bytes(parts.username or "")
    password = unquote_to_bytes(parts.password or "")
    return f"Basic {base64.b64encode(user + b':' + password).decode()}"


def _is_encodable(host: str) -> bool:
    """Whether a look-up takes the name: no label of it is empty or longer than 63 characters."""
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return True
