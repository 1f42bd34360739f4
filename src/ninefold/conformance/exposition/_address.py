"""An exposition at the address at which a service exposes it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from ninefold.conformance._facts import Facts
from ninefold.conformance.exposition._sources import LIMIT_BYTES, read_whole, unread

if TYPE_CHECKING:
    from http.client import HTTPResponse
    from urllib.parse import SplitResult
    from urllib.request import Request

TIMEOUT_SECONDS = 10.0
"""As Prometheus's own `scrape_timeout`."""

_CHUNK = 64 * 1024
_ACCEPT = (
    "application/openmetrics-text;version=1.0.0;q=0.9,text/plain;version=0.0.4;q=0.8,*/*;q=0.1"
)
_COMPRESSED = ("gzip", "x-gzip", "deflate")
_EITHER_HEADER = 47  # zlib: gzip's header or its own, whichever there is


def fetch(url: str, *, timeout: float = TIMEOUT_SECONDS, limit: int = LIMIT_BYTES) -> Facts:
    """The facts of what is exposed at `url`, http or https; what goes wrong is said in them.

    `timeout` is for all of it, in seconds; more than `limit` bytes are refused. A name and password
    in the address are sent, and never repeated in a message. Other addresses to which this one
    leads are followed, without them.
    """
    import base64
    import urllib.parse
    import urllib.request

    try:
        parts = urllib.parse.urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError as error:
        return unread("the address", f"is no address: {error}")
    shown = _shown(parts, port)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return unread(shown, "must be an address of http or https")
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()
    request = urllib.request.Request(bare, headers={"Accept": _ACCEPT})
    if parts.username is not None:
        pair = f"{parts.username}:{parts.password or ''}"
        token = base64.b64encode(urllib.parse.unquote(pair).encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {token}")
    found: list[Facts] = []

    def ask() -> None:
        found.append(_asked(request, shown, timeout, limit))

    # A socket's timeout is of each single read: names are resolved, and headers sent byte by byte,
    # for as long as somebody likes.
    asking = threading.Thread(target=ask, name="ninefold-check-fetch", daemon=True)
    asking.start()
    asking.join(timeout)
    return found[0] if found else _too_slow(shown, timeout)


def _asked(request: Request, shown: str, timeout: float, limit: int) -> Facts:
    import http.client
    import urllib.error
    import urllib.request

    # As `build_opener` has it, without those for files and FTP, to which an answer could lead.
    opener = urllib.request.OpenerDirector()
    for each in (
        urllib.request.ProxyHandler,
        urllib.request.UnknownHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPRedirectHandler,
        urllib.request.HTTPErrorProcessor,
    ):
        opener.add_handler(each())
    deadline = time.monotonic() + timeout
    try:
        with opener.open(request, timeout=timeout) as response:
            return _answered(response, shown, deadline, timeout, limit)
    except urllib.error.HTTPError as error:
        error.close()
        return unread(shown, f"answered {error.code} {error.reason}")
    except (OSError, http.client.HTTPException, ValueError) as error:
        cause = getattr(error, "reason", None) or error
        if isinstance(cause, TimeoutError):
            return _too_slow(shown, timeout)
        return unread(shown, f"cannot be fetched: {cause}")


def _answered(
    response: HTTPResponse, shown: str, deadline: float, timeout: float, limit: int
) -> Facts:
    import zlib

    kind = response.headers.get_content_type()
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "", *_COMPRESSED):
        return unread(shown, f"answered in the encoding {encoding!r}, which was not asked for")
    packed = zlib.decompressobj(_EITHER_HEADER) if encoding in _COMPRESSED else None
    data = bytearray()
    while chunk := response.read1(_CHUNK):
        if packed is not None:
            try:
                chunk = packed.decompress(chunk, limit + 1)
            except zlib.error as error:
                return unread(shown, f"answered with what is not {encoding}: {error}")
        data += chunk
        if len(data) > limit:
            return unread(shown, f"answered with more than {limit} bytes")
        if time.monotonic() > deadline:
            return _too_slow(shown, timeout)
    # An end that comes early is no error to `read1`.
    if response.length:
        missing = f"{response.length} byte{'s' * (response.length > 1)}"
        return unread(shown, f"ended {missing} early")
    if packed is not None and not packed.eof:
        return unread(shown, f"ended before its {encoding} did")
    if kind == "text/html":
        return unread(
            shown, "answered with a web page", "give the path of the metrics, as /metrics"
        )
    openmetrics = True if kind == "application/openmetrics-text" else None
    return read_whole(bytes(data), shown, openmetrics=openmetrics)


def _too_slow(shown: str, timeout: float) -> Facts:
    return unread(shown, f"took more than {timeout:g} seconds")


def _shown(parts: SplitResult, port: str) -> str:
    # A query may hold a token.
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"
