"""The measurement of one request that httpx hands to a transport."""

from __future__ import annotations

from typing import Final

import httpx

from ninefold.integrations._http_client import Outgoing, OutgoingRequests, Target
from ninefold.sli.http import protocol_version_label

__all__ = ["begin", "version"]

_SENT: Final = "ninefold.sent"
"""The request extension that counts how often a request was sent; redirects inherit it."""


def begin(requests: OutgoingRequests, request: httpx.Request) -> Outgoing | None:
    """Begin it; None where nothing is to be measured. What is given must be ended."""
    if not requests.on:
        return None
    try:
        url = request.url
        path = url.raw_path.partition(b"?")[0].decode("ascii")
        target = Target(url.scheme, url.host, url.port, path, credentials=bool(url.userinfo))
        sent = request.extensions.get(_SENT, 0)
        # Not changed in place: before 0.28 the dictionary may be the application's own.
        request.extensions = {**request.extensions, _SENT: sent + 1}
    except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
        requests.fault(error)
        return None
    return requests.begin(request.method, target, request.headers, sent)


def version(response: httpx.Response) -> str | None:
    """The `network.protocol.version` of a response."""
    spoken = response.extensions.get("http_version", b"")
    return protocol_version_label(spoken.decode("ascii")) if isinstance(spoken, bytes) else None
