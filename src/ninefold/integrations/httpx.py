"""httpx: outgoing calls carry the trace onward and are measured, sync and async alike.

    client = service.instrument(httpx.AsyncClient())     # one client, in place
    service.instrument(httpx)                            # all clients, made before and after

Each request that a client hands to a transport is measured, whichever transport that is, until its
response headers are there: a redirect that is followed and an authorization that is answered are
requests of their own, with `http.request.resend_count` on their spans; so is a request object that
the application sends again. What a transport does by itself (`retries=`) is inside. See
`_http_client` for what is recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import ModuleType
from typing import Any, Final

import httpx

from ninefold.errors import ConfigurationError
from ninefold.integrations import _contrib
from ninefold.integrations._hook import Around, hook, hooked, unhook
from ninefold.integrations._http_client import Outgoing, OutgoingRequests, Target
from ninefold.integrations._protocol import Host
from ninefold.sli.http import protocol_version_label

__all__ = ["integration"]

# One request to one transport, around everything that is put on transports: contrib's hooks come to
# lie beneath ours, where they find the call measured and keep still. The name is private to httpx,
# as those of a client's transports are, and the same in every version from 0.18 to 0.28.
_SEND: Final = "_send_single_request"

_SENT: Final = "ninefold.sent"
"""The request extension that counts how often a request was sent; redirects inherit it."""


def _begin(requests: OutgoingRequests, request: httpx.Request) -> Outgoing | None:
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


def _version(response: httpx.Response) -> str | None:
    spoken = response.extensions.get("http_version", b"")
    return protocol_version_label(spoken.decode("ascii")) if isinstance(spoken, bytes) else None


def _around(
    send: Callable[..., httpx.Response], requests: OutgoingRequests
) -> Callable[..., httpx.Response]:
    @wraps(send)
    def measured(self: httpx.Client, request: httpx.Request) -> httpx.Response:
        outgoing = _begin(requests, request)
        if outgoing is None:
            return send(self, request)
        try:
            response = send(self, request)
        except BaseException as error:
            outgoing.end(error=error)
            raise
        outgoing.end(response.status_code, _version(response))
        return response

    return measured


def _around_async(send: Callable[..., Any], requests: OutgoingRequests) -> Callable[..., Any]:
    @wraps(send)
    async def measured(self: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
        outgoing = _begin(requests, request)
        if outgoing is None:
            response: httpx.Response = await send(self, request)
            return response
        try:
            response = await send(self, request)
        except BaseException as error:
            outgoing.end(error=error)
            raise
        outgoing.end(response.status_code, _version(response))
        return response

    return measured


class _Httpx:
    """Instruments an `httpx.Client`, an `httpx.AsyncClient`, or the module for all of them."""

    def instrument(self, target: Any, host: Host) -> Any:
        """Measure the calls of a client, or of all clients when given the module.

        In place; a second time changes nothing. A client that contrib's instrumentation measures
        is left to it, and the log says so. Raises `ConfigurationError` for anything else.
        """
        owners = _owners(target)
        if _contrib.is_active("opentelemetry.instrumentation.httpx", "HTTPXClientInstrumentor") or (
            getattr(target, "_is_instrumented_by_opentelemetry", False)
        ):
            _contrib.say_so("httpx")
            return target
        for owner, around in owners:
            if not hooked(owner, _SEND):
                hook(owner, _SEND, around, OutgoingRequests(host))
        return target

    def uninstrument(self, target: Any) -> None:
        """Undo `instrument` for the same target; what is not instrumented stays as it is."""
        for owner, _ in _owners(target):
            unhook(owner, _SEND)


def _owners(target: Any) -> list[tuple[object, Around]]:
    if isinstance(target, ModuleType) and target.__name__ == "httpx":
        return [(httpx.Client, _around), (httpx.AsyncClient, _around_async)]
    if isinstance(target, httpx.Client):
        return [(target, _around)]
    if isinstance(target, httpx.AsyncClient):
        return [(target, _around_async)]
    raise ConfigurationError(
        "the httpx integration takes an httpx.Client, an httpx.AsyncClient or the module httpx,"
        f" got {type(target).__name__}"
    )


integration: Final = _Httpx()
