"""httpx: outgoing calls carry the trace onward and are measured, sync and async alike.

    client = service.instrument(httpx.AsyncClient())     # one client, in place
    service.instrument(httpx)                            # all clients, made before and after

Each request that a client hands to a transport is measured, whichever transport that is, until its
response headers are there: a redirect that is followed and an authorization that is answered are
requests of their own, with `http.request.resend_count` on their spans; so is a request object that
the application sends again. What a transport does by itself (`retries=`) is inside, but each
attempt of a guarded transport is a request of its own. See `_http_client` for what is recorded.
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
from ninefold.integrations._http_client import OutgoingRequests
from ninefold.integrations._httpx_guard import (
    MEASURED,
    AsyncGuardedTransport,
    GuardedTransport,
    guarded,
)
from ninefold.integrations._httpx_request import begin, version
from ninefold.integrations._protocol import Host

__all__ = ["AsyncGuardedTransport", "GuardedTransport", "guarded", "integration"]

# One request to one transport, around everything that is put on transports: contrib's hooks come to
# lie beneath ours, where they find the call measured and keep still. The name is private to httpx,
# as those of a client's transports are, and the same in every version from 0.18 to 0.28.
_SEND: Final = "_send_single_request"


def _measures_itself(
    client: httpx.Client | httpx.AsyncClient, requests: OutgoingRequests, request: httpx.Request
) -> bool:
    """Have a guarded transport measure each attempt, if the request goes to one."""
    if not requests.on:
        return False
    try:
        transport = client._transport_for_url(request.url)
        if not isinstance(transport, GuardedTransport | AsyncGuardedTransport):
            return False
        request.extensions = {**request.extensions, MEASURED: requests}
    except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
        requests.fault(error)
        return False
    return True


def _around(
    send: Callable[..., httpx.Response], requests: OutgoingRequests
) -> Callable[..., httpx.Response]:
    @wraps(send)
    def measured(self: httpx.Client, request: httpx.Request) -> httpx.Response:
        if _measures_itself(self, requests, request):
            return send(self, request)
        outgoing = begin(requests, request)
        if outgoing is None:
            return send(self, request)
        try:
            response = send(self, request)
        except BaseException as error:
            outgoing.end(error=error)
            raise
        outgoing.end(response.status_code, version(response))
        return response

    return measured


def _around_async(send: Callable[..., Any], requests: OutgoingRequests) -> Callable[..., Any]:
    @wraps(send)
    async def measured(self: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
        if _measures_itself(self, requests, request):
            response: httpx.Response = await send(self, request)
            return response
        outgoing = begin(requests, request)
        if outgoing is None:
            response = await send(self, request)
            return response
        try:
            response = await send(self, request)
        except BaseException as error:
            outgoing.end(error=error)
            raise
        outgoing.end(response.status_code, version(response))
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
