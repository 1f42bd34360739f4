"""An adapter of requests that puts a policy around each request of a session.

An adapter is requests' own extension point. An attempt ends with the response headers.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final, final

import requests
import urllib3
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.utils import rewind_body

from ninefold.core import shown
from ninefold.dependency import Dependency
from ninefold.errors import ConfigurationError
from ninefold.integrations._http_guard import (
    HttpExchanges,
    header_told,
    policy_of,
    put_back,
    time_left,
)
from ninefold.resilience import Policy
from ninefold.resilience.policy import decorated

__all__ = ["GuardedAdapter", "guarded"]

_log = logging.getLogger("ninefold.resilience")


class GuardedAdapter(BaseAdapter):
    """An adapter whose every request is a guarded call of a dependency.

        session.mount("https://psp.example/", GuardedAdapter(psp))

    `guard` is what `service.dependency()` returned, or an `nf.Policy` with a name, and `adapter`
    what sends: an `HTTPAdapter()` by default. With `send_deadline` the server is told in how many
    milliseconds an answer is awaited, by the header `x-envoy-expected-rq-timeout-ms`, where a
    deadline holds.

    - A response that `retry` names, or `fail_on`, is a failure. Where the policy says nothing in
      `fail_on`, every 5xx is one: it counts against the breaker, and is handed on.
    - GET, HEAD, OPTIONS, TRACE, PUT and DELETE are tried again; any other method where its
      connection was never made, or with `Retry(idempotent=True)`. A request whose body is a
      generator or another stream is sent once; a file is read again from where it stood.
    - What is left of deadline and attempt timeout bounds `timeout`; the exception is that of
      requests then, and the attempt counts as a timeout. A body that is read at once, without
      `stream=True`, has that time for each read.
    - A fallback is given the prepared request, and gives a response.

    Raises `ConfigurationError` for what is no guard, and for a policy without a name; on calls what
    a policy raises: `CircuitOpenError`, `BulkheadFullError`, `DeadlineExceededError`.

    >>> import ninefold as nf
    >>> from ninefold.integrations.requests import GuardedAdapter
    >>> session = requests.Session()
    >>> session.mount("https://", GuardedAdapter(nf.Policy("search", deadline=2.0)))
    """

    def __init__(
        self,
        guard: Dependency | Policy,
        adapter: BaseAdapter | None = None,
        *,
        send_deadline: bool = False,
    ) -> None:
        super().__init__()
        policy = policy_of(guard)
        if adapter is not None and not isinstance(adapter, BaseAdapter):
            raise ConfigurationError(
                f"adapter must be an adapter of requests, got {shown(adapter)}"
            )
        self._core: Final = policy.core
        self._adapter: Final = HTTPAdapter() if adapter is None else adapter
        self._send_deadline: Final = send_deadline
        exchanges = HttpExchanges(self._core.name, is_replayable=_is_replayable, close=_close)
        self._send = decorated(_attempt, self._core, exchanges=exchanges)

    def __repr__(self) -> str:
        return f"GuardedAdapter({self._core.name!r}, {self._adapter!r})"

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send a request, as often as the policy wants."""
        options = {
            "stream": stream,
            "timeout": timeout,
            "verify": verify,
            "cert": cert,
            "proxies": proxies,
        }
        return self._through(self._adapter, self, request, options)

    def _through(
        self,
        adapter: Any,
        connection: Any,
        request: requests.PreparedRequest,
        options: dict[str, Any],
    ) -> requests.Response:
        """Send by `adapter`; what follows from the response goes to `connection`."""
        way = _Way(adapter, self._core.name, options, self._send_deadline)
        answer: object = self._send(request, way)
        if not isinstance(answer, requests.Response):
            raise TypeError(
                f"the fallback of {self._core.name!r} must give a requests.Response, got"
                f" {shown(answer)}"
            )
        # Digest authorization sends its answer through the connection of the response.
        answer.connection = connection
        return answer

    def close(self) -> None:
        """Close the adapter within."""
        self._adapter.close()


def guarded(
    session: requests.Session, guard: Dependency | Policy, *, send_deadline: bool = False
) -> requests.Session:
    """Put a policy around each request of a session that is there already; gives the session.

    In place, whichever of its adapters sends. A second time by the same guard changes nothing. See
    `GuardedAdapter`.

    Raises `ConfigurationError` for what is no session.

    >>> import ninefold as nf
    >>> from ninefold.integrations.requests import guarded
    >>> session = guarded(requests.Session(), nf.Policy("search", deadline=2.0))
    """
    if not isinstance(session, requests.Session):
        raise ConfigurationError(f"guarded() takes a requests.Session, got {shown(session)}")
    core = policy_of(guard).core
    for prefix, adapter in session.adapters.items():
        if getattr(adapter, "_core", None) is not core:
            session.adapters[prefix] = GuardedAdapter(guard, adapter, send_deadline=send_deadline)
    return session


@final
class _Way:
    """How one call's requests are sent."""

    __slots__ = ("adapter", "name", "options", "send_deadline")

    def __init__(
        self, adapter: Any, name: str, options: dict[str, Any], send_deadline: bool
    ) -> None:
        self.adapter = adapter
        self.name = name
        self.options = options
        self.send_deadline = send_deadline


def _attempt(request: requests.PreparedRequest, way: _Way) -> requests.Response:
    if isinstance(getattr(request, "_body_position", None), int):
        rewind_body(request)
    left = time_left(way.name)
    if left is None:
        return _sent(request, way, way.options)
    own = way.options["timeout"]
    options = {**way.options, "timeout": _bounded(own, left)}
    if not way.send_deadline:
        response = _sent(request, way, options)
    else:
        before = header_told(request.headers, left)
        try:
            response = _sent(request, way, options)
        finally:
            put_back(request.headers, before)
    if way.options["stream"]:
        _unbind(response, own)
    return response


def _sent(
    request: requests.PreparedRequest, way: _Way, options: dict[str, Any]
) -> requests.Response:
    response: requests.Response = way.adapter.send(request, **options)
    return response


def _bounded(own: Any, left: float) -> Any:
    """A `timeout` that is over when `left` seconds are, at the latest."""
    if isinstance(own, urllib3.Timeout):
        made = own.clone()
        made.total = left if not isinstance(own.total, int | float) else min(own.total, left)
        return made
    if not isinstance(own, tuple):
        own = (own, own)
    if len(own) != 2:
        # What is none is requests' to refuse.
        return own
    return urllib3.Timeout(connect=own[0], read=own[1], total=left)


def _unbind(response: requests.Response, own: Any) -> None:
    """Have a stream be read under the client's own timeout: urllib3 leaves ours on the socket."""
    try:
        if isinstance(own, urllib3.Timeout):
            own = own.read_timeout
        elif isinstance(own, tuple):
            own = own[1]
        raw: Any = response.raw
        # Of a connection that ends with the response, the response alone has the socket.
        sock = getattr(raw.connection, "sock", None) or raw._fp.fp.raw._sock
        sock.settimeout(own)
    except Exception:  # noqa: BLE001 - another adapter's response, which need not have a socket
        return


def _is_replayable(request: requests.PreparedRequest) -> bool:
    body: Any = request.body
    if body is None or isinstance(body, bytes | str):
        return True
    return isinstance(getattr(request, "_body_position", None), int)


def _close(response: requests.Response | None) -> None:
    if response is not None:
        try:
            response.close()
        except Exception:  # noqa: BLE001 - nobody is given it, so nobody is told
            _log.debug("a response that is tried again could not be closed", exc_info=True)
