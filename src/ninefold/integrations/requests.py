"""requests: outgoing calls carry the trace onward and are measured.

    session = service.instrument(requests.Session())     # one session, in place
    service.instrument(requests)                         # all sessions, and requests.get(…)

Each request that a session hands to an adapter is measured, whichever adapter that is, until its
response headers are there: a redirect that is followed and a digest authorization that is answered
are requests of their own, with `http.request.resend_count` on their spans. What urllib3 does by
itself (`max_retries=`) is inside, but each attempt of a guarded adapter is a request of its own.
See `_http_client` for what is recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import ModuleType
from typing import Any, Final
from urllib.parse import urlsplit

import requests
import wrapt
from requests.adapters import BaseAdapter

from ninefold.errors import ConfigurationError
from ninefold.integrations import _contrib
from ninefold.integrations._hook import Around, hook, hooked, unhook
from ninefold.integrations._http_client import Outgoing, OutgoingRequests, Target
from ninefold.integrations._protocol import Host
from ninefold.integrations._requests_guard import GuardedAdapter, guarded

__all__ = ["GuardedAdapter", "guarded", "integration"]

# urllib3 gives the version as http.client does, ten times the number.
_VERSIONS: Final = {10: "1.0", 11: "1.1", 20: "2", 30: "3"}

_SENT: Final = "ninefold_sent"
"""The attribute of a redirected request that says how many requests led to it."""


class _MeasuredAdapter(wrapt.ObjectProxy):  # type: ignore[type-arg]  # generic in its types alone
    """An adapter as one call of `Session.send` sees it: all else is the adapter's own."""

    def __init__(self, adapter: BaseAdapter, outgoing: OutgoingRequests) -> None:
        super().__init__(adapter)
        self._self_outgoing = outgoing
        self._self_sent = 0

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        """Send a request and measure it."""
        send = self.__wrapped__.send
        outgoing = self._self_begin(request)
        if outgoing is None:
            return send(request, *args, **kwargs)  # type: ignore[no-any-return]
        try:
            response: requests.Response = send(request, *args, **kwargs)
        except BaseException as error:
            outgoing.end(error=error)
            raise
        outgoing.end(response.status_code, _version(response))
        # Digest authorization sends its answer through the connection of the response.
        if getattr(response, "connection", None) is self.__wrapped__:
            response.connection = self  # type: ignore[assignment]  # it stands in for the adapter
        return response

    def _self_begin(self, request: requests.PreparedRequest) -> Outgoing | None:
        measure: OutgoingRequests = self._self_outgoing
        try:
            url = urlsplit(request.url or "")
            target = Target(
                url.scheme,
                url.hostname or "",
                url.port,
                url.path or "/",
                credentials=url.username is not None or url.password is not None,
            )
            sent = max(self._self_sent, getattr(request, _SENT, 0))
            self._self_sent = sent + 1
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            measure.fault(error)
            return None
        return measure.begin(request.method or "", target, request.headers, sent)


class _MeasuredGuard(wrapt.ObjectProxy):  # type: ignore[type-arg]  # generic in its types alone
    """A guarded adapter as one call of `Session.send` sees it: each attempt is measured."""

    def __init__(self, guard: GuardedAdapter, outgoing: OutgoingRequests) -> None:
        super().__init__(guard)
        self._self_within = _MeasuredAdapter(guard._adapter, outgoing)

    @property
    def _self_sent(self) -> int:
        return self._self_within._self_sent

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """Send a request as the guard wants, and measure each attempt."""
        options = {
            "stream": stream,
            "timeout": timeout,
            "verify": verify,
            "cert": cert,
            "proxies": proxies,
        }
        guard: GuardedAdapter = self.__wrapped__
        return guard._through(self._self_within, self, request, options)


def _version(response: requests.Response) -> str | None:
    return _VERSIONS.get(getattr(response.raw, "version", None) or 0)


def _around_get_adapter(
    get_adapter: Callable[..., BaseAdapter], outgoing: OutgoingRequests
) -> Callable[..., BaseAdapter]:
    @wraps(get_adapter)
    def measured(self: requests.Session, *args: Any, **kwargs: Any) -> BaseAdapter:
        adapter = get_adapter(self, *args, **kwargs)
        if not outgoing.on:
            return adapter
        if isinstance(adapter, GuardedAdapter):
            return _MeasuredGuard(adapter, outgoing)  # type: ignore[return-value]  # stands in
        return _MeasuredAdapter(adapter, outgoing)  # type: ignore[return-value]  # stands in

    return measured


def _around_rebuild_method(
    rebuild: Callable[..., None], outgoing: OutgoingRequests
) -> Callable[..., None]:
    """A redirect's request is a copy that keeps nothing of ours; here old and new are seen."""

    @wraps(rebuild)
    def counted(
        self: requests.Session, prepared_request: requests.PreparedRequest, response: Any
    ) -> None:
        rebuild(self, prepared_request, response)
        sent = getattr(getattr(response, "connection", None), "_self_sent", 0)
        if outgoing.on and sent:
            setattr(prepared_request, _SENT, sent)

    return counted


_HOOKS: Final[dict[str, Around]] = {
    "get_adapter": _around_get_adapter,
    "rebuild_method": _around_rebuild_method,
}


class _Requests:
    """Instruments a `requests.Session`, or the module for all of them."""

    def instrument(self, target: Any, host: Host) -> Any:
        """Measure the calls of a session, or of all sessions when given the module.

        In place; a second time changes nothing. A session that contrib's instrumentation measures
        is left to it, and the log says so. Raises `ConfigurationError` for anything else.
        """
        owner = _owner(target)
        if hasattr(owner.send, "opentelemetry_instrumentation_requests_applied"):
            _contrib.say_so("requests")
            return target
        if not hooked(owner, "get_adapter"):
            outgoing = OutgoingRequests(host)
            for name, around in _HOOKS.items():
                hook(owner, name, around, outgoing)
        return target

    def uninstrument(self, target: Any) -> None:
        """Undo `instrument` for the same target; what is not instrumented stays as it is."""
        owner = _owner(target)
        for name in _HOOKS:
            unhook(owner, name)


def _owner(target: Any) -> Any:
    if isinstance(target, ModuleType) and target.__name__ == "requests":
        return requests.Session
    if isinstance(target, requests.Session):
        return target
    raise ConfigurationError(
        "the requests integration takes a requests.Session or the module requests,"
        f" got {type(target).__name__}"
    )


integration: Final = _Requests()
