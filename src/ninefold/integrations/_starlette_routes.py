"""The routes that a Starlette or FastAPI application serves, spelled as its taps report them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from starlette.routing import BaseRoute, Host, Mount, WebSocketRoute

from ninefold.sli.http import Route, merged

_FASTAPI = "fastapi.applications"
"""Where FastAPI defines the endpoints of its documentation."""


def routes_of(app: object) -> tuple[Route, ...] | None:
    """What `app` serves by HTTP, mounted and included routes too, in the order of its routers.

    None where there is no router in it.
    """
    return None if _routed(app) is None else merged(_of_app(app, "", frozenset()))


def _routed(app: object) -> Sequence[BaseRoute] | None:
    # Middleware around an application leaves the application in an attribute, `app`.
    for _ in range(32):
        if hasattr(app, "routes"):
            break
        app = getattr(app, "app", None)
    routes: Sequence[BaseRoute] | None = getattr(app, "routes", None)
    return routes


def _of_app(
    app: object, prefix: str, within: frozenset[int], included: bool = False
) -> Iterator[Route]:
    routes = _routed(app)
    if routes is not None and id(routes) not in within:
        # A router may stand at several places, but inside of itself it would never end.
        within |= {id(routes)}
        for route in routes:
            yield from _of_route(route, prefix, within, included)


def _of_route(
    route: BaseRoute, prefix: str, within: frozenset[int], included: bool
) -> Iterator[Route]:
    router = getattr(route, "original_router", None)
    if router is not None:
        # FastAPI keeps an included router as it was written, and its prefix beside it.
        context = getattr(route, "include_context", None)
        yield from _of_app(router, prefix + getattr(context, "prefix", ""), within, True)
    elif isinstance(route, Mount):
        here = prefix + route.path.rstrip("/")
        inside = tuple(_of_app(route.app, here, within))
        yield from inside
        if not inside and not getattr(route, "routes", None):
            yield Route(template=here or "/")
    elif isinstance(route, Host):
        yield from _of_app(route.app, prefix, within)
    elif not (isinstance(route, WebSocketRoute) or (included and not hasattr(route, "dependant"))):
        # A plain route of an included router is served by a copy, whose requests have no route.
        path = getattr(route, "path", None)
        if isinstance(path, str):
            endpoint = getattr(route, "endpoint", None)
            yield Route(
                template=prefix + path,
                methods=_methods(route),
                builtin=getattr(endpoint, "__module__", None) == _FASTAPI,
            )


def _methods(route: BaseRoute) -> tuple[str, ...]:
    methods: set[str] = set(getattr(route, "methods", None) or ())
    # Starlette adds HEAD wherever there is GET.
    return tuple(sorted(methods - {"HEAD"} if "GET" in methods else methods))
