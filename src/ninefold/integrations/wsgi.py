"""WSGI: measures what the wrapped application serves, to the end of its body.

The response ends when the server has taken the last chunk or has closed the body, whichever comes
first; a body closed before its end means that the client left.

Over 300 lines by a few: a request's chunks are read beside the middleware that passes them on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextvars import Context, copy_context
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.util.types import AttributeValue

from ninefold.health import HealthWsgi, answer_wsgi, start_answer
from ninefold.integrations._gunicorn import start_with_workers
from ninefold.integrations._http_server import (
    Exchange,
    HttpServer,
    address_attributes,
    client_address,
)
from ninefold.integrations._recorded import cut
from ninefold.resilience.deadline import HEADER
from ninefold.sli.http import OTHER
from ninefold.sli.http import status_code as read_status

if TYPE_CHECKING:
    from ninefold.integrations._protocol import Host

Environ = dict[str, Any]
StartResponse = Callable[..., Callable[[bytes], object]]
App = Callable[[Environ, StartResponse], Iterable[bytes]]

# Applications send a handful of status lines over and over.
status_code = lru_cache(maxsize=256)(read_status)

KEY: Final = "ninefold.exchange"
"""Where the environ carries the exchange; a copy of the environ carries the same one."""


_DEADLINE: Final = f"HTTP_{HEADER.upper().replace('-', '_')}"


class WsgiExchange(Exchange):
    """An exchange over WSGI: its `start_response` is what the application is given."""

    request: Any = None
    """The framework's request, once there is one; Werkzeug keeps the matched rule in it."""
    whole: type | None = None
    """The type of the framework's body, where that is all there; one of another type may not be."""
    announced: int | None = None
    """The status that goes out with the first byte of the body."""

    def __init__(self, server: HttpServer, environ: Environ, start_response: StartResponse) -> None:
        self._environ: Environ | None = environ
        self._start_response = start_response
        if server.objectives.active:
            self.synthetic = server.synthetic(environ.get("HTTP_USER_AGENT"))
            self.plain = not self.synthetic
        # Last: it counts the request as under way, and what fails before it must not.
        Exchange.__init__(
            self,
            server,
            environ["REQUEST_METHOD"],
            environ.get("wsgi.url_scheme", "http"),
            environ.get("SERVER_PROTOCOL", "").removeprefix("HTTP/"),
        )

    def start_response(
        self, status: str, headers: Any, *exc_info: Any
    ) -> Callable[[bytes], object]:
        """Start the response for the application, noticing the status.

        It is only announced: a server sends it with the first byte of the body, and takes another
        in its place until then (PEP 3333).
        """
        self._write = self._start_response(status, headers, *exc_info)
        # What is no text is the server's to refuse.
        self.announced = status_code(status) if type(status) is str else None
        return self.write

    def write(self, data: bytes) -> object:
        """Write for an application that does so by hand, noticing that the status goes out."""
        if data:
            self.status = self.announced
            self.part()
        return self._write(data)

    def completed(self) -> None:
        """The whole body is with the server."""
        self.status = self.announced
        self.settle_route()
        self.finish(True)

    def settle_route(self) -> None:
        """Take the route from the framework's request, and let go of that and of the environ."""
        self._environ = None
        request = self.request
        if request is not None:
            self.request = None
            try:
                rule = getattr(request, "url_rule", None)
                if rule is not None:
                    self.route = str(rule.rule)
            except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
                self.server.internal_error(error)

    @property
    def sampled_path(self) -> str | None:
        """The path below the server's root path, for sampling rules."""
        environ = self._environ
        return None if environ is None else _decoded(environ.get("PATH_INFO", ""))

    def span_attributes(self) -> dict[str, AttributeValue]:
        """What a span of this request starts with."""
        environ = self._environ or {}
        attributes: dict[str, AttributeValue] = {
            "http.request.method": self.method,
            "url.scheme": self.scheme,
            "url.path": cut(
                _decoded(environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", ""))
            ),
        }
        if self.method == OTHER:
            attributes["http.request.method_original"] = cut(environ["REQUEST_METHOD"])
        if self.version is not None:
            attributes["network.protocol.version"] = self.version
        attributes.update(address_attributes(environ.get("HTTP_HOST")))
        attributes.update(client_address(environ.get("REMOTE_ADDR")))
        recorded = self.server.recorded
        if recorded is not None:
            attributes.update(recorded.of_environ(environ))
        return attributes


def _decoded(path: str) -> str:
    # PEP 3333: bytes in the guise of Latin-1.
    return path.encode("latin-1", "replace").decode("utf-8", "replace")


class WsgiMiddleware:
    """Wraps a WSGI application; of several around each other the outermost one measures."""

    def __init__(self, app: App, server: HttpServer) -> None:
        self.app = app
        self.server = server

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        server = self.server
        if KEY in environ:
            return self.app(environ, start_response)
        path = environ.get("PATH_INFO", "")
        method = environ["REQUEST_METHOD"]
        if path in server.endpoints and server.answers(path):
            if path != server.metrics_path:
                return self._health(path, environ, start_response)
            if method in ("GET", "HEAD"):
                return self._metrics(environ, start_response)
        built = server.pipeline.built
        if built is None or built is not server.awake:
            try:
                self._wake(environ)
            except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
                server.internal_error(error)
        excluded = server.excluded
        if excluded is not None and excluded(path) is not None:
            environ[KEY] = None
            with server.tracing.carrying(lambda read: read.of_environ(environ)):
                return self.app(environ, start_response)
        try:
            environ[KEY] = exchange = WsgiExchange(server, environ, start_response)
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            server.internal_error(error)
            return self.app(environ, start_response)
        trace = server.tracing.begin_environ(environ, exchange)
        context: Context | None = None
        if trace is not None:
            exchange.trace = trace
            try:
                context = trace.inside()
            except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
                server.internal_error(error)
        if server.accepts_deadline and _DEADLINE in environ:
            # In a context of its own: a server may serve other requests on the same thread.
            context = context or copy_context()
            context.run(exchange.open_deadline, (environ[_DEADLINE],))
        try:
            if context is None:
                body = self.app(environ, exchange.start_response)
            else:
                body = context.run(self.app, environ, exchange.start_response)
        except BaseException as error:
            exchange.settle_route()
            exchange.left(error)
            raise
        kind = type(body)
        if kind is exchange.whole or kind is list or kind is tuple or _is_file(body, environ):
            # Nothing of the application runs any more; a file the server sends in its own way.
            exchange.completed()
            if trace is not None and trace.span is not None:
                exchange.left(None)
            return body
        return Body(body, exchange, context)

    def _health(
        self, path: str, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        try:
            self._wake(environ)
        except Exception as error:  # noqa: BLE001 - what is known is answered all the same
            self.server.internal_error(error)
        answer = answer_wsgi(self.server.host.health, path, environ)
        assert answer is not None  # the path is one of those it answers
        return start_answer(answer, start_response)

    def _wake(self, environ: Environ) -> None:
        server = self.server
        server.pipeline.wake()
        server.host.heartbeats.serve_threads(
            server.under_way, single=not environ.get("wsgi.multithread", True)
        )
        # Built before the first request where the service was started by hand.
        server.awake = server.pipeline.built

    def _metrics(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        status, body, content_type = self.server.scrape(environ.get("HTTP_ACCEPT", ""))
        start_response(status, [("Content-Type", content_type), ("Content-Length", str(len(body)))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def _is_file(body: object, environ: Environ) -> bool:
    try:
        wrapper = environ.get("wsgi.file_wrapper")
        return isinstance(wrapper, type) and isinstance(body, wrapper)
    except Exception:  # noqa: BLE001 - a body may stand in for another, and fail at saying so
        return False


_NEVER: Final = object()


class Body:
    """The application's body: passed on chunk by chunk, each made inside the request's trace.

    The context is left between chunks: a server may serve other requests on the same thread.
    """

    __slots__ = ("_asked", "_body", "_context", "_exchange")

    def __init__(
        self, body: Iterable[bytes], exchange: WsgiExchange, context: Context | None
    ) -> None:
        self._body = body
        self._exchange = exchange
        self._context = context
        self._asked = False

    def __iter__(self) -> Iterator[bytes]:
        """The chunks; they are there once."""
        self._asked = True
        exchange = self._exchange
        context = self._context
        try:
            chunks: Iterable[bytes] = self._body
            if context is not None:
                # In C from here on: a step within the context, until StopIteration comes out.
                chunks = iter(partial(context.run, context.run(iter, chunks).__next__), _NEVER)
            for chunk in chunks:
                if chunk:
                    exchange.status = exchange.announced
                    exchange.part()
                yield chunk
        except GeneratorExit:
            # The server lost interest; it closes the body, and that tells how it ended.
            raise
        except BaseException as error:
            exchange.settle_route()
            exchange.left(error)
            raise
        exchange.completed()

    def close(self) -> None:
        """Close the application's body, as servers do at the end, come what may."""
        exchange = self._exchange
        error: BaseException | None = None
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                if self._context is None:
                    close()
                else:
                    self._context.run(close)
        except BaseException as raised:
            error = raised
            raise
        finally:
            if not exchange.done:
                if not self._asked and error is None:
                    # Servers may do so for HEAD: there is nothing that could be cut short.
                    exchange.completed()
                exchange.status = exchange.status or exchange.announced
                exchange.settle_route()
            exchange.left(error)


def serve_health(app: App, host: Host) -> App:
    """`app` behind what answers for health, and does nothing else; a second time as it is."""
    if isinstance(app, HealthWsgi) and app.front.is_a_services:
        app.front.serve(host.health, serves=host.serves, begin=host.start)
        return app
    start_with_workers(host.start)
    return HealthWsgi(host.health, app, serves=host.serves, begin=host.start)


class _Wsgi:
    """Instruments a bare WSGI application, which has no place of its own to be wrapped in."""

    def instrument(self, target: App, host: Host) -> App:
        """Return `target` wrapped; what is wrapped already is returned as it is."""
        if isinstance(target, WsgiMiddleware):
            target.server.serve(host)
            return target
        return WsgiMiddleware(target, HttpServer(host))

    def serve_health(self, target: App, host: Host) -> App:
        """Return `target` behind what answers for health."""
        return serve_health(target, host)

    def routes(self, target: object) -> None:
        """None: what a bare WSGI application serves, it alone knows."""


integration = _Wsgi()
