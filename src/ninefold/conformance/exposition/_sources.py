"""Where an exposition comes from: a file, or the address at which a service exposes it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from ninefold.conformance._facts import Facts, Position, Unread
from ninefold.conformance.exposition._reader import read

if TYPE_CHECKING:
    from urllib.parse import SplitResult

TIMEOUT_SECONDS = 10.0
"""As Prometheus's own `scrape_timeout`."""

LIMIT_BYTES = 64 * 1024 * 1024
"""A tenth of it is already half a million series: whatever is longer is no exposition."""

_CHUNK = 64 * 1024
_ACCEPT = (
    "application/openmetrics-text;version=1.0.0;q=0.9,text/plain;version=0.0.4;q=0.8,*/*;q=0.1"
)


def read_file(path: Path) -> Facts:
    """The facts of the file at `path`; one that cannot be read is said in them."""
    try:
        data = path.read_bytes()
    except OSError as error:
        return _unread(str(path), f"cannot be read: {error.strerror or error}")
    openmetrics = True if path.suffix in (".om", ".openmetrics") else None
    return read(data, str(path), openmetrics=openmetrics)


def fetch(url: str, *, timeout: float = TIMEOUT_SECONDS, limit: int = LIMIT_BYTES) -> Facts:
    """The facts of what is exposed at `url`, http or https; what goes wrong is said in them.

    `timeout` is for all of it, in seconds; more than `limit` bytes are refused. A name and password
    in the address are sent, and never repeated in a message.
    """
    import base64
    import http.client
    import urllib.error
    import urllib.parse
    import urllib.request

    try:
        parts = urllib.parse.urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError as error:
        return _unread("the address", f"is no address: {error}")
    shown = _shown(parts, port)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return _unread(shown, "must be an address of http or https")
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()
    request = urllib.request.Request(bare, headers={"Accept": _ACCEPT})
    if parts.username is not None:
        pair = f"{parts.username}:{parts.password or ''}"
        token = base64.b64encode(urllib.parse.unquote(pair).encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {token}")
    opener = urllib.request.build_opener()
    deadline = time.monotonic() + timeout
    try:
        with opener.open(request, timeout=timeout) as response:
            kind = response.headers.get_content_type()
            data = bytearray()
            while chunk := response.read1(_CHUNK):
                data += chunk
                if len(data) > limit:
                    return _unread(shown, f"answered with more than {limit} bytes")
                if time.monotonic() > deadline:
                    return _unread(shown, f"took more than {timeout:g} seconds")
            # An end that comes early is no error to `read1`.
            if response.length:
                return _unread(shown, f"ended {response.length} bytes early")
    except urllib.error.HTTPError as error:
        error.close()
        return _unread(shown, f"answered {error.code} {error.reason}")
    except (OSError, http.client.HTTPException, ValueError) as error:
        cause = getattr(error, "reason", None) or error
        return _unread(shown, f"cannot be fetched: {cause}")
    if kind == "text/html":
        return _unread(shown, "answered with a web page; give the path of the metrics, as /metrics")
    openmetrics = True if kind == "application/openmetrics-text" else None
    return read(bytes(data), shown, openmetrics=openmetrics)


def _shown(parts: SplitResult, port: str) -> str:
    # A query may hold a token.
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"


def _unread(path: str, why: str) -> Facts:
    return Facts(unread=(Unread(Position(path, 1, 1, 1, 1), why),), files=1)
