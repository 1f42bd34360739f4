"""One outgoing HTTP request: trace headers, a CLIENT span if the trace is kept, one duration.

What httpx and requests share. A request ends for telemetry when its response headers have been
read, or could not be. Reading the body is left out: an application may stream it, or never read it
(OpenTelemetry conventions, "HTTP client span duration"). Every request that goes over the wire is
measured by itself: following a redirect or repeating an authorization makes another measurement
and another span, which has `http.request.resend_count`.

Query strings and fragments are not recorded and credentials are redacted. Of an exception only its
class is, in `error.type`: clients quote the whole URL in the message, and the span of the server
that the exception leaves records it. A request made in a guarded call names the dependency, as
`service.peer.name`.

Over 300 lines by a few: what httpx and requests share stands in one place.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from operator import itemgetter
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, final

from opentelemetry import context as otel_context
from opentelemetry.context import Context
from opentelemetry.propagate import inject
from opentelemetry.trace import (
    Span,
    SpanKind,
    StatusCode,
    Tracer,
    get_current_span,
    set_span_in_context,
)

from ninefold.errors import DeadlineExceededError
from ninefold.registry import (
    ATTR_ERROR_TYPE,
    ATTR_HTTP_REQUEST_METHOD,
    ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
    ATTR_HTTP_REQUEST_RESEND_COUNT,
    ATTR_HTTP_RESPONSE_STATUS_CODE,
    ATTR_NETWORK_PROTOCOL_VERSION,
    ATTR_SERVER_ADDRESS,
    ATTR_SERVER_PORT,
    ATTR_SERVICE_PEER_NAME,
    ATTR_URL_FULL,
    HTTP_CLIENT_REQUEST_DURATION,
)
from ninefold.resilience import present_peer
from ninefold.resilience.deadline import remaining
from ninefold.sli.http import OTHER, known_methods, method_label, status_label
from ninefold.telemetry import Exemplar, exemplar_of, is_deferred

if TYPE_CHECKING:
    from ninefold.integrations._protocol import Host

__all__ = ["Outgoing", "OutgoingRequests", "Target"]

# Exporters set the first key around every export, and an outer HTTP instrumentation the second
# around a call that it measures itself. Both names are private to the API, and the same from 1.30
# on; code older than that sets the plain text.
_SUPPRESS_ALL: Final[str] = getattr(otel_context, "_SUPPRESS_INSTRUMENTATION_KEY", "")
_SUPPRESS_HTTP: Final[str] = getattr(
    otel_context, "_SUPPRESS_HTTP_INSTRUMENTATION_KEY", "suppress_http_instrumentation"
)
_SUPPRESS_PLAIN: Final = "suppress_instrumentation"

_OVER: Final = 0.001
"""How many seconds before a deadline a timer may fire for it."""

_PORTS: Final = {"http": 80, "https": 443}
_STATUS_ERRORS: Final = {status: str(status) for status in range(400, 600)}

_KNOWN: Final = (
    ATTR_HTTP_REQUEST_METHOD,
    ATTR_SERVER_ADDRESS,
    ATTR_SERVER_PORT,
    ATTR_HTTP_RESPONSE_STATUS_CODE,
    ATTR_ERROR_TYPE,
    ATTR_NETWORK_PROTOCOL_VERSION,
)
# What is known of a request, in the order in which the instrument takes it.
_key: Final = itemgetter(*map(_KNOWN.index, HTTP_CLIENT_REQUEST_DURATION.attributes))


@final
class Target:
    """Where a request goes: what of its URL may be recorded."""

    __slots__ = ("_path", "_redact", "host", "port", "scheme")

    def __init__(
        self, scheme: str, host: str, port: int | None, path: str, *, credentials: bool
    ) -> None:
        self.scheme = scheme
        self.host = host
        self.port = _PORTS.get(scheme) if port is None else port
        self._path = path
        self._redact = credentials

    def url(self) -> str:
        """Give `url.full`: no query, no fragment, no credentials.

        >>> Target("https", "psp.example", None, "/pay", credentials=True).url()
        'https://REDACTED:REDACTED@psp.example/pay'
        >>> Target("http", "::1", 8080, "/", credentials=False).url()
        'http://[::1]:8080/'
        """
        user = "REDACTED:REDACTED@" if self._redact else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS.get(self.scheme) else f":{self.port}"
        return f"{self.scheme}://{user}{host}{port}{self._path}"


@final
class OutgoingRequests:
    """Begins the measurement of the requests of one client, or of one library's clients.

    `on` turns to False when the client is no longer to be measured.
    """

    __slots__ = (
        "_error_type",
        "_faults",
        "_known_methods",
        "_ours",
        "_record",
        "_tracer",
        "on",
    )

    def __init__(self, host: Host) -> None:
        telemetry = host.telemetry
        self.on = True
        self._known_methods = known_methods(
            os.environ.get("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS")
        )
        self._tracer: Tracer = telemetry.tracer()
        self._record = telemetry.histogram(HTTP_CLIENT_REQUEST_DURATION).record
        self._error_type = telemetry.error_types(HTTP_CLIENT_REQUEST_DURATION).of
        self._faults = telemetry.faults
        self._ours = telemetry.owners.traces == "ninefold"

    def fault(self, error: Exception) -> None:
        """Count a fault of ours that was kept from the application."""
        self._faults.internal_error("traces", error)

    def begin(
        self, method: str, target: Target, headers: MutableMapping[str, Any], sent_before: int
    ) -> Outgoing | None:
        """Begin one request and put the trace into its headers; never raises.

        None when nothing is to be measured: telemetry is being exported, another instrumentation
        measures this very call, or a fault of ours came between. What is given must be ended.
        """
        span: Span | None = None
        try:
            context = otel_context.get_current()
            if (
                context.get(_SUPPRESS_ALL)
                or context.get(_SUPPRESS_HTTP)
                or context.get(_SUPPRESS_PLAIN)
            ):
                return None
            label = method_label(method, self._known_methods)
            ambient = get_current_span(context)
            if not self._is_dropped(ambient):
                span = self._start(context, method, label, target, sent_before)
                context = set_span_in_context(span, context)
            self._inject(headers, context)
            exemplar = None if span is None else _point(span)
            # What lies beneath (urllib3, a transport somebody instrumented) measures nothing again.
            inner = Context({**context, _SUPPRESS_HTTP: True})
            return Outgoing(self, label, target, span, exemplar, inner)
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            self.fault(error)
            if span is not None:
                span.end()
            return None

    def _is_dropped(self, ambient: Span) -> bool:
        """Whether our sampler has dropped this trace already, so that no span need be asked for.

        Under another's sampler a child may be kept although its parent was not: there the tracer
        is asked every time.
        """
        if ambient.is_recording() or not self._ours:
            return False
        ids = ambient.get_span_context()
        if not ids.is_valid or ids.is_remote or ids.trace_flags.sampled:
            return False
        # A span that has ended goes on in a trace that waits, or was kept for its outcome.
        return not is_deferred(ids)

    def _start(
        self, context: Context, method: str, label: str, target: Target, sent_before: int
    ) -> Span:
        attributes: dict[str, str | int] = {
            ATTR_HTTP_REQUEST_METHOD: label,
            ATTR_SERVER_ADDRESS: target.host,
            ATTR_URL_FULL: target.url(),
        }
        if target.port is not None:
            attributes[ATTR_SERVER_PORT] = target.port
        if label is not method and label != method:
            attributes[ATTR_HTTP_REQUEST_METHOD_ORIGINAL] = method
        if sent_before:
            attributes[ATTR_HTTP_REQUEST_RESEND_COUNT] = sent_before
        peer = present_peer()
        if peer is not None:
            attributes[ATTR_SERVICE_PEER_NAME] = peer
        return self._tracer.start_span(
            "HTTP" if label == OTHER else label, context, SpanKind.CLIENT, attributes
        )

    def _inject(self, headers: MutableMapping[str, Any], context: Context) -> None:
        try:
            inject(headers, context)
        except Exception as error:  # noqa: BLE001 - a propagator's fault costs no measurement
            self.fault(error)

    def finish(
        self,
        outgoing: Outgoing,
        status: int | None,
        version: str | None,
        error: BaseException | None,
        seconds: float,
    ) -> None:
        """Record what became of a request, and end its span."""
        span, target = outgoing.span, outgoing.target
        try:
            code = None if status is None else status_label(status)
            failure = None if status is None else _STATUS_ERRORS.get(status)
            if error is not None:
                # A client that was told our deadline gives up by its own timeout.
                left = remaining()
                over = left is not None and left <= _OVER
                failure = self._error_type(DeadlineExceededError() if over else error)
            known = (outgoing.method, target.host, target.port, code, failure, version)
            self._record(seconds, _key(known), outgoing.exemplar)
            if span is not None and span.is_recording():
                _describe(span, code, failure, version)
        finally:
            if span is not None:
                span.end()


@final
class Outgoing:
    """A request under way, in its own context; `end` it once, whatever becomes of it."""

    __slots__ = (
        "_context",
        "_requests",
        "_started",
        "_token",
        "exemplar",
        "method",
        "span",
        "target",
    )

    def __init__(
        self,
        requests: OutgoingRequests,
        method: str,
        target: Target,
        span: Span | None,
        exemplar: Exemplar | None,
        context: Context,
    ) -> None:
        self.method = method
        self.target = target
        self.span = span
        self.exemplar = exemplar
        self._requests = requests
        self._context = context
        self._token = otel_context.attach(context)
        self._started = perf_counter()

    def end(
        self,
        status: int | None = None,
        version: str | None = None,
        error: BaseException | None = None,
    ) -> None:
        """Record the duration and end the span; never raises.

        `status` and `version` (as in `network.protocol.version`) are the response's, `error` what
        came instead of one.
        """
        seconds = perf_counter() - self._started
        try:
            # A coroutine that is closed, not cancelled, is closed from anywhere: from a context in
            # which detaching would only log an error.
            if not isinstance(error, GeneratorExit) or otel_context.get_current() is self._context:
                otel_context.detach(self._token)
            self._requests.finish(self, status, version, error, seconds)
        except Exception as fault:  # noqa: BLE001 - telemetry never raises into the application
            self._requests.fault(fault)


def _describe(span: Span, code: int | None, failure: str | None, version: str | None) -> None:
    attributes: dict[str, Any] = {
        ATTR_HTTP_RESPONSE_STATUS_CODE: code,
        ATTR_ERROR_TYPE: failure,
        ATTR_NETWORK_PROTOCOL_VERSION: version,
    }
    span.set_attributes({key: value for key, value in attributes.items() if value is not None})
    if failure is not None:
        span.set_status(StatusCode.ERROR)


def _point(span: Span) -> Exemplar | None:
    """What an exemplar may point at: a span of ours that will be there."""
    return exemplar_of(span.get_span_context()) if span.is_recording() else None
