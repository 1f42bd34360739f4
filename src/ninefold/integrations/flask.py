"""Flask: measures around everything, in place or as an extension, with the matched rule as route.

Servers call the application object, so its class is replaced by a subclass of it whose `__call__`
measures: a middleware that is put around `wsgi_app` later is inside it. `wsgi_app` is wrapped as
well, for those who serve that; of the two the outer one measures.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType
from typing import TYPE_CHECKING, Any

from flask import Flask, Request, Response, request
from flask.ctx import RequestContext
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule
from werkzeug.wsgi import ClosingIterator

from ninefold.core import shown
from ninefold.errors import ConfigurationError
from ninefold.integrations._http_server import HttpServer
from ninefold.integrations._one_owner import keep, take_over
from ninefold.integrations.wsgi import (
    KEY,
    App,
    Environ,
    WsgiExchange,
    WsgiMiddleware,
    serve_health,
)
from ninefold.service import Service, current, setup
from ninefold.sli.http import Route, merged

if TYPE_CHECKING:
    from ninefold.integrations._protocol import Host

_MARK = "ninefold"

_DEPTH = 32
"""How many middlewares around each other are looked through for the application in them."""


def _tapped(app: Flask, server: HttpServer) -> Callable[[Environ], RequestContext]:
    """Have Flask's own first step give the exchange the request, where the matched rule will be.

    It gets the environ that Flask works with, though a middleware passed on a copy.
    """
    request_context = app.request_context

    def tapped(environ: Environ) -> RequestContext:
        context = request_context(environ)
        try:
            exchange = environ.get(KEY)
            if exchange is not None:
                exchange.request = context.request
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            server.internal_error(error)
        return context

    return tapped


def _exchange() -> WsgiExchange | None:
    """The exchange of the request in progress, if it is measured."""
    # The proxy's every attribute costs some 4 microseconds; the request behind it, a tenth.
    found: Request = request._get_current_object()  # type: ignore[attr-defined]
    exchange: WsgiExchange | None = found.environ.get(KEY)
    return exchange


def _telling(app: Flask, server: HttpServer) -> Callable[..., Any]:
    """Have Flask's handling of exceptions tell the exchange of them: none comes out of Flask."""
    handle = app.handle_user_exception

    def telling(*args: Any) -> Any:
        # Flask 3.2 passes its context ahead of the exception.
        try:
            error = args[-1]
            exchange = _exchange()
            if exchange is not None and not isinstance(error, HTTPException):
                exchange.handled = error
        except Exception as fault:  # noqa: BLE001 - telemetry never raises into the application
            server.internal_error(fault)
        return handle(*args)

    return telling


def _finalizing(app: Flask, server: HttpServer) -> Callable[..., Response]:
    """Have Flask's last step tell the exchange whether the body is all there already."""
    finalize = app.finalize_request

    def finalizing(*args: Any, **kwargs: Any) -> Response:
        response = finalize(*args, **kwargs)
        try:
            exchange = _exchange()
            if exchange is not None and (response.is_sequence or any(map(_is_error_page, args))):
                exchange.whole = ClosingIterator
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            server.internal_error(error)
        return response

    return finalizing


def _is_error_page(value: object) -> bool:
    """Whether Flask answers with an HTTP error's own page: whole, although it says otherwise."""
    return isinstance(value, HTTPException) and value.response is None


def _measured(kind: type[Flask], outermost: WsgiMiddleware) -> type[Flask]:
    """A subclass of an application's class whose one instance measures when it is called."""
    body = {
        "__call__": staticmethod(outermost.__call__),
        "__module__": kind.__module__,
        "__doc__": kind.__doc__,
    }
    return type(kind.__name__, (kind,), body)


def _around(app: Any, host: Host) -> Any:
    """Measure around a middleware, whose application tells its routes all the same."""
    if isinstance(app, WsgiMiddleware):
        app.server.serve(host)
        return app
    served: App = app
    if not callable(app):
        raise ConfigurationError(
            "the flask integration takes an application, or a middleware around one, got"
            f" {type(app).__name__}; pass the Flask object"
        )
    within: object = app
    for _ in range(_DEPTH):
        within = getattr(within, "app", None)
        if isinstance(within, Flask):
            integration.instrument(within, host)
            break
    return WsgiMiddleware(served, HttpServer(host))


class _Flask:
    """Instruments a Flask application in place; what is around one, by wrapping it."""

    def instrument(self, target: Any, host: Host) -> Any:
        """Instrument and return it; a second time changes nothing."""
        if not isinstance(target, Flask):
            return _around(target, host)
        outermost = target.extensions.get(_MARK)
        if isinstance(outermost, WsgiMiddleware):
            outermost.server.serve(host)
            return target
        take_over("opentelemetry.instrumentation.flask", "FlaskInstrumentor", target)
        keep(target)
        server = HttpServer(host)
        kind = type(target)
        called = MethodType(kind.__call__, target)
        target.extensions[_MARK] = outermost = WsgiMiddleware(called, server)
        target.wsgi_app = WsgiMiddleware(target.wsgi_app, server)  # type: ignore[method-assign]
        target.request_context = _tapped(target, server)  # type: ignore[assignment, method-assign]
        target.finalize_request = _finalizing(target, server)  # type: ignore[method-assign]
        target.handle_user_exception = _telling(target, server)  # type: ignore[method-assign]
        target.__class__ = _measured(kind, outermost)
        return target

    def serve_health(self, target: Any, host: Host) -> Any:
        """Have it answer for health, in place; what is around one, by wrapping it."""
        if not isinstance(target, Flask):
            return serve_health(target, host)
        target.wsgi_app = serve_health(target.wsgi_app, host)  # type: ignore[assignment, method-assign]
        return target

    def routes(self, target: object) -> tuple[Route, ...] | None:
        """Its rules, those of blueprints too; but for those that answer nothing themselves."""
        for _ in range(_DEPTH):
            if isinstance(target, Flask):
                return merged(
                    _route(rule)
                    for rule in target.url_map.iter_rules()
                    if not (rule.build_only or rule.websocket or rule.redirect_to)
                )
            target = getattr(target, "app", None)
        return None


def _route(rule: Rule) -> Route:
    methods = {*(rule.methods or ())}
    # Werkzeug adds HEAD wherever there is GET, and Flask OPTIONS unless it is told not to.
    if "GET" in methods:
        methods.discard("HEAD")
    if getattr(rule, "provide_automatic_options", False):
        methods.discard("OPTIONS")
    return Route(
        template=rule.rule,
        methods=tuple(sorted(methods)),
        builtin=rule.endpoint.rpartition(".")[2] == "static",
    )


class Ninefold:
    """ninefold as Flask's extensions are: made first, given an application later.

    `service` defaults to the one that `ninefold.setup()` set up, or, where none is yet, to one that
    is set up with the application's name. Raises `ConfigurationError` for what is no service.

    >>> import ninefold as nf
    >>> from ninefold.integrations.flask import Ninefold
    >>> service = nf.setup("inventory")
    >>> app = Flask("inventory")
    >>> Ninefold().init_app(app)
    >>> service.shutdown()
    True
    """

    def __init__(self, app: Flask | None = None, *, service: Service | None = None) -> None:
        if service is not None and not isinstance(service, Service):
            raise ConfigurationError(
                f"service must be what ninefold.setup() returned, got {shown(service)}; write"
                ' Ninefold(service=nf.setup("inventory"))'
            )
        self._service = service
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Instrument `app` in place; a second time changes nothing."""
        (self._service or current() or setup(app.name)).instrument(app)


integration = _Flask()
