"""Starlette: measures around the whole middleware stack, and takes each route from its own match.

What `build_middleware_stack()` returns is wrapped, so the status seen is the one the client gets,
whatever handlers or middleware are added later. Every route's `handle`, which the router calls once
the route has matched, reports the route's template to the exchange in the scope: nothing is matched
a second time, and a middleware that passes on a copy of the scope hides nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Host, Mount

from ninefold.errors import ConfigurationError
from ninefold.integrations._http_server import HttpServer
from ninefold.integrations._one_owner import keep, silence, take_over
from ninefold.integrations._starlette_routes import routes_of
from ninefold.integrations.asgi import (
    KEY,
    MARK,
    App,
    AsgiMiddleware,
    Receive,
    Scope,
    Send,
    serve_health,
)

if TYPE_CHECKING:
    from ninefold.integrations._protocol import Host as Service
    from ninefold.sli.http import Route

Handle = Callable[[Scope, Receive, Send], Awaitable[None]]

_OWNED = "_ninefold_owned"
_HEALTH = "_ninefold_health"
_DEPTH = 32
"""How many middlewares around each other are looked through for the application in them."""


def instrument(app: Any, service: Service) -> Any:
    """Instrument an application in place, or wrap the middleware that has one within.

    Raises `ConfigurationError` for what serves nothing.
    """
    if not isinstance(app, Starlette):
        return _around(app, service)
    known = getattr(app, MARK, None)
    if isinstance(known, HttpServer):
        known.serve(service)
        return app
    server = HttpServer(service)
    setattr(app, MARK, server)
    taps = Taps(app)
    _own(app)
    build = app.build_middleware_stack

    def build_middleware_stack() -> App:
        stack = build()
        try:
            taps.refresh()
            return AsgiMiddleware(stack, server, taps.look)
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            server.internal_error(error)
            return stack

    app.build_middleware_stack = build_middleware_stack  # type: ignore[method-assign]
    if app.middleware_stack is not None:
        taps.refresh()
        app.middleware_stack = AsgiMiddleware(app.middleware_stack, server, taps.look)
    else:
        taps.refresh()
    return app


def _around(app: Any, service: Service) -> Any:
    """Measure around a middleware, whose application reports its routes all the same."""
    if isinstance(app, AsgiMiddleware):
        app.server.serve(service)
        return app
    served: App = app
    if not callable(app):
        raise ConfigurationError(
            "the starlette and fastapi integrations take an application, or a middleware around"
            f" one, got {type(app).__name__}; pass the Starlette or FastAPI object"
        )
    within: object = app
    for _ in range(_DEPTH):
        within = getattr(within, "app", None)
        if isinstance(within, Starlette):
            instrument(within, service)
            break
    taps = Taps(app)
    taps.refresh()
    return AsgiMiddleware(served, HttpServer(service), taps.look)


def _own(app: Starlette) -> None:
    """Have nobody else measure an application, whether it is served or mounted."""
    if hasattr(app, _OWNED):
        return
    setattr(app, _OWNED, True)
    stack = app.middleware_stack
    take_over("opentelemetry.instrumentation.starlette", "StarletteInstrumentor", app)
    take_over("opentelemetry.instrumentation.fastapi", "FastAPIInstrumentor", app)
    keep(app)
    if stack is None:
        # To let go, contrib builds the stack; once built, no middleware could be added any more.
        app.middleware_stack = None
    silence(app)


class Taps:
    """Has every route of an application report when it is chosen."""

    def __init__(self, app: object) -> None:
        self._app = app
        self._seen: list[tuple[Sequence[BaseRoute], int]] = []

    def look(self) -> None:
        """Look again if routes came or went since the last time: they may be added at any time."""
        for routes, count in self._seen:
            if len(routes) != count:
                self.refresh()
                return

    def refresh(self) -> None:
        """Look at all routes, mounted and included ones too, and tap those not tapped yet."""
        self._seen = []
        self._walk_app(self._app)

    def _walk_app(self, app: object) -> None:
        # Middleware around an application leaves the application in an attribute, `app`.
        for _ in range(_DEPTH):
            if hasattr(app, "routes"):
                break
            app = getattr(app, "app", None)
        if isinstance(app, Starlette):
            _own(app)
        routes = getattr(app, "routes", None)
        if routes is not None:
            self._walk(routes)

    def _walk(self, routes: Sequence[BaseRoute]) -> None:
        if any(known is routes for known, _ in self._seen):
            return
        self._seen.append((routes, len(routes)))
        for route in routes:
            self._tap(route)
            included = getattr(route, "original_router", None)
            if included is not None:
                self._walk(included.routes)
            elif isinstance(route, Mount | Host):
                self._walk_app(route.app)

    def _tap(self, route: BaseRoute) -> None:
        if MARK in vars(route) or getattr(route, "original_router", None) is not None:
            return
        if isinstance(route, Mount):
            route.handle = _tapped_mount(route)  # type: ignore[assignment, method-assign]
        elif isinstance(getattr(route, "path", None), str):
            route.handle = _tapped(route)  # type: ignore[assignment, method-assign]
        else:
            return
        setattr(route, MARK, True)


def _tapped(route: BaseRoute) -> Handle:
    handle: Handle = route.handle
    path: str = getattr(route, "path")  # noqa: B009 - BaseRoute does not declare it

    def report(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        exchange = scope.get(KEY)
        if exchange is not None:
            try:
                fastapi = scope.get("fastapi")
                here = _effective_path(fastapi, route, path) if fastapi else path
                exchange.route = exchange.prefix + here
            except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
                exchange.server.internal_error(error)
        return handle(scope, receive, send)

    return report


def _effective_path(fastapi: dict[str, Any], route: BaseRoute, path: str) -> str:
    """The path with the prefixes of the routers that include the route.

    FastAPI keeps an included route as it was written, and says beside it, undocumented, where it
    stands now.
    """
    context = fastapi.get("effective_route_context")
    if context is None or getattr(context, "original_route", None) is not route:
        return path
    stands = getattr(context, "starlette_route", None) or context
    effective = getattr(stands, "path", None)
    return effective if isinstance(effective, str) else path


def _tapped_mount(route: Mount) -> Handle:
    handle: Handle = route.handle
    path = route.path
    leaf = not hasattr(route, "routes") or not route.routes

    def report(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        exchange = scope.get(KEY)
        if exchange is not None:
            try:
                fastapi = scope.get("fastapi")
                here = _effective_path(fastapi, route, path) if fastapi else path
                if fastapi:
                    # What is mounted routes by itself: the outer router's word ends here.
                    fastapi.pop("effective_route_context", None)
                exchange.prefix += here.rstrip("/")
                exchange.route = (exchange.prefix or "/") if leaf else None
            except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
                exchange.server.internal_error(error)
        return handle(scope, receive, send)

    return report


class _Starlette:
    """Instruments a Starlette application in place; what is around one, by wrapping it."""

    def instrument(self, target: Any, host: Service) -> Any:
        """Instrument and return it; a second time changes nothing."""
        return instrument(target, host)

    def serve_health(self, target: Any, host: Service) -> Any:
        """Have it answer for health, in place; what is around one, by wrapping it."""
        if not isinstance(target, Starlette):
            return serve_health(target, host)
        is_new = not hasattr(target, _HEALTH)
        setattr(target, _HEALTH, host)
        if is_new:
            build = target.build_middleware_stack
            target.build_middleware_stack = lambda: serve_health(build(), getattr(target, _HEALTH))  # type: ignore[method-assign]
        if target.middleware_stack is not None:
            target.middleware_stack = serve_health(target.middleware_stack, host)
        return target

    def routes(self, target: object) -> tuple[Route, ...] | None:
        """Its routes, included and mounted ones too; websockets are none."""
        return routes_of(target)


integration = _Starlette()
