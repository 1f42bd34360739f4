"""httpx transports that put a policy around each request of a client, sync and async.

A transport is httpx's own extension point. An attempt ends with the response headers: the body is
the application's to read, under the client's own timeouts.

Over 300 lines by a few: the sync and the async transport are read side by side.
"""

from __future__ import annotations

import logging
from types import TracebackType
from typing import Any, Final, TypeVar, final

import httpx

from ninefold.core import shown
from ninefold.dependency import Dependency
from ninefold.errors import ConfigurationError
from ninefold.integrations._http_client import OutgoingRequests
from ninefold.integrations._http_guard import (
    SHORTEST,
    HttpExchanges,
    header_told,
    policy_of,
    put_back,
    time_left,
)
from ninefold.integrations._httpx_request import begin, version
from ninefold.resilience import Policy
from ninefold.resilience.deadline import remaining
from ninefold.resilience.policy import decorated

__all__ = ["MEASURED", "AsyncGuardedTransport", "GuardedTransport", "guarded"]

ClientT = TypeVar("ClientT", httpx.Client, httpx.AsyncClient)

MEASURED: Final = "ninefold.measured"
"""The request extension by which a client has each attempt measured, and not all as one."""

_TIMEOUT: Final = "timeout"
_KINDS: Final = ("connect", "read", "write", "pool")

_log = logging.getLogger("ninefold.resilience")


class GuardedTransport(httpx.BaseTransport):
    """A transport whose every request is a guarded call of a dependency.

        client = httpx.Client(transport=GuardedTransport(psp))

    `guard` is what `service.dependency()` returned, or an `nf.Policy` with a name, and `transport`
    what sends: an `httpx.HTTPTransport()` by default. With `send_deadline` the server is told in
    how many milliseconds an answer is awaited, by the header `x-envoy-expected-rq-timeout-ms`,
    where a deadline holds.

    - A response that `retry` names, or `fail_on`, is a failure. Where the policy says nothing in
      `fail_on`, every 5xx is one: it counts against the breaker, and is handed on.
    - GET, HEAD, OPTIONS, TRACE, PUT and DELETE are tried again; any other method where its
      connection was never made, or with `Retry(idempotent=True)`. A request whose body is a stream
      is sent once.
    - What is left of deadline and attempt timeout bounds the client's own timeouts; the exception
      is httpx's then, and the attempt counts as a timeout.
    - A fallback is given the request, and gives a response.

    Raises `ConfigurationError` for what is no guard, and for a policy without a name; on calls what
    a policy raises: `CircuitOpenError`, `BulkheadFullError`, `DeadlineExceededError`.

    >>> import ninefold as nf
    >>> from ninefold.integrations.httpx import GuardedTransport
    >>> answers = iter([httpx.Response(503), httpx.Response(200, text="fine")])
    >>> retry = nf.Retry(on=nf.status(503))
    >>> psp = nf.Policy("psp", retry=retry, runtime=nf.testing.ManualClock().runtime())
    >>> transport = GuardedTransport(psp, httpx.MockTransport(lambda request: next(answers)))
    >>> with httpx.Client(transport=transport) as client:
    ...     client.get("http://psp.example/").text
    'fine'
    """

    def __init__(
        self,
        guard: Dependency | Policy,
        transport: httpx.BaseTransport | None = None,
        *,
        send_deadline: bool = False,
    ) -> None:
        policy = policy_of(guard)
        if transport is not None and not isinstance(transport, httpx.BaseTransport):
            raise ConfigurationError(
                f"transport must be an httpx.BaseTransport, got {shown(transport)}"
            )
        self._core: Final = policy.core
        self._transport: Final = httpx.HTTPTransport() if transport is None else transport
        self._send_deadline: Final = send_deadline
        exchanges = HttpExchanges(self._core.name, is_replayable=_is_replayable, close=_close)
        self._send = decorated(_attempt, self._core, exchanges=exchanges)

    def __repr__(self) -> str:
        return f"GuardedTransport({self._core.name!r}, {self._transport!r})"

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, as often as the policy wants."""
        return _response(self._send(request, self), self._core.name)

    def close(self) -> None:
        """Close the transport within."""
        self._transport.close()

    def __enter__(self) -> GuardedTransport:
        self._transport.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self._transport.__exit__(exc_type, exc_value, traceback)


class AsyncGuardedTransport(httpx.AsyncBaseTransport):
    """As `GuardedTransport`, for `httpx.AsyncClient`.

    An attempt is cancelled when its time is over, and raises `DeadlineExceededError`.

    >>> import ninefold as nf
    >>> from ninefold.integrations.httpx import AsyncGuardedTransport
    >>> search = nf.Policy("search", deadline=2.0)
    >>> client = httpx.AsyncClient(transport=AsyncGuardedTransport(search))
    """

    def __init__(
        self,
        guard: Dependency | Policy,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        send_deadline: bool = False,
    ) -> None:
        policy = policy_of(guard)
        if transport is not None and not isinstance(transport, httpx.AsyncBaseTransport):
            raise ConfigurationError(
                f"transport must be an httpx.AsyncBaseTransport, got {shown(transport)}"
            )
        self._core: Final = policy.core
        self._transport: Final = httpx.AsyncHTTPTransport() if transport is None else transport
        self._send_deadline: Final = send_deadline
        exchanges = HttpExchanges(self._core.name, is_replayable=_is_replayable, close=_aclose)
        self._send = decorated(_attempt_async, self._core, exchanges=exchanges)

    def __repr__(self) -> str:
        return f"AsyncGuardedTransport({self._core.name!r}, {self._transport!r})"

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, as often as the policy wants."""
        return _response(await self._send(request, self), self._core.name)

    async def aclose(self) -> None:
        """Close the transport within."""
        await self._transport.aclose()

    async def __aenter__(self) -> AsyncGuardedTransport:
        await self._transport.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self._transport.__aexit__(exc_type, exc_value, traceback)


def guarded(client: ClientT, guard: Dependency | Policy, *, send_deadline: bool = False) -> ClientT:
    """Put a policy around each request of a client that is there already; gives the client.

    In place, whichever of its transports sends: mounted ones and those of proxies too. A second
    time by the same guard changes nothing. See `GuardedTransport`.

    Raises `ConfigurationError` for what is no client.

    >>> import ninefold as nf
    >>> from ninefold.integrations.httpx import guarded
    >>> client = guarded(httpx.Client(), nf.Policy("search", deadline=2.0))
    """
    around: Any
    if isinstance(client, httpx.Client):
        around = GuardedTransport
    elif isinstance(client, httpx.AsyncClient):
        around = AsyncGuardedTransport
    else:
        raise ConfigurationError(
            f"guarded() takes an httpx.Client or an httpx.AsyncClient, got {shown(client)}"
        )
    core = policy_of(guard).core

    def under(transport: Any) -> Any:
        # A mount without a transport stands for the client's own.
        if transport is None or getattr(transport, "_core", None) is core:
            return transport
        return around(guard, transport, send_deadline=send_deadline)

    client._transport = under(client._transport)
    client._mounts = {pattern: under(mounted) for pattern, mounted in client._mounts.items()}
    return client


@final
class _Bounded(dict[str, Any]):
    """A client's timeouts, none of them longer than what is left when it is asked for.

    Each phase asks as it begins, and the body is read under whatever deadline holds by then.
    """

    def __init__(self, own: dict[str, Any], left: float) -> None:
        super().__init__({kind: _shorter(own.get(kind), left) for kind in _KINDS})
        self._own = own

    def get(self, key: str, default: Any = None) -> Any:
        """A timeout in seconds, or None."""
        left = remaining()
        own = self._own.get(key, default)
        return own if left is None else _shorter(own, max(left, SHORTEST))


def _shorter(own: float | None, left: float) -> float:
    return left if own is None else min(own, left)


@final
class _Attempt:
    """One attempt: what client and server are told of its time, and its measurement."""

    __slots__ = ("_before", "_outgoing", "_request", "_timeouts", "_told")

    def __init__(
        self, request: httpx.Request, guard: GuardedTransport | AsyncGuardedTransport, bounds: bool
    ) -> None:
        self._request = request
        self._timeouts: Any = None
        left = time_left(guard._core.name)
        self._told = guard._send_deadline and left is not None
        self._before: str | None = None
        if left is not None:
            if self._told:
                self._before = header_told(request.headers, left)
            if bounds:
                self._timeouts = request.extensions.get(_TIMEOUT) or {}
                bounded = _Bounded(self._timeouts, left)
                request.extensions = {**request.extensions, _TIMEOUT: bounded}
        requests = request.extensions.get(MEASURED)
        self._outgoing = (
            begin(requests, request) if isinstance(requests, OutgoingRequests) else None
        )

    def _put_back(self) -> None:
        # A redirect's request inherits all of it.
        request = self._request
        if self._timeouts is not None:
            request.extensions = {**request.extensions, _TIMEOUT: self._timeouts}
        if self._told:
            put_back(request.headers, self._before)

    def answered(self, response: httpx.Response) -> httpx.Response:
        """The response headers are there."""
        self._put_back()
        if self._outgoing is not None:
            self._outgoing.end(response.status_code, version(response))
        # As the client does in the end; predicates may want to look at it.
        response.request = self._request
        return response

    def failed(self, error: BaseException) -> None:
        """There is no response."""
        self._put_back()
        if isinstance(error, httpx.RequestError):
            error.request = self._request
        if self._outgoing is not None:
            self._outgoing.end(error=error)


def _attempt(request: httpx.Request, guard: GuardedTransport) -> httpx.Response:
    attempt = _Attempt(request, guard, bounds=True)
    try:
        response = guard._transport.handle_request(request)
    except BaseException as error:
        attempt.failed(error)
        raise
    return attempt.answered(response)


async def _attempt_async(request: httpx.Request, guard: AsyncGuardedTransport) -> httpx.Response:
    attempt = _Attempt(request, guard, bounds=False)
    try:
        response = await guard._transport.handle_async_request(request)
    except BaseException as error:
        attempt.failed(error)
        raise
    return attempt.answered(response)


def _response(answer: object, name: str) -> httpx.Response:
    if isinstance(answer, httpx.Response):
        return answer
    raise TypeError(f"the fallback of {name!r} must give an httpx.Response, got {shown(answer)}")


def _is_replayable(request: httpx.Request) -> bool:
    # What httpx holds as bytes; a stream, multipart too, may be used up, and none tells.
    return isinstance(request.stream, httpx.ByteStream)


def _close(response: httpx.Response | None) -> None:
    if response is not None:
        try:
            response.close()
        except Exception:  # noqa: BLE001 - nobody is given it, so nobody is told
            _log.debug("a response that is tried again could not be closed", exc_info=True)


async def _aclose(response: httpx.Response | None) -> None:
    if response is not None:
        try:
            await response.aclose()
        except Exception:  # noqa: BLE001 - nobody is given it, so nobody is told
            _log.debug("a response that is tried again could not be closed", exc_info=True)
