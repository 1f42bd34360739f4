"""What HTTP metrics promise beside single exchanges: bounded series, and what is under way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from tests.support.http import (
    asgi_app,
    asgi_server,
    fastapi_app,
    flask_app,
    starlette_app,
    wsgi_app,
)
from tests.support.http.asgi_app import Receive, Scope, Send
from tests.support.http.exchange import Gate
from tests.support.http.measured import measured
from tests.support.http.table import Case, Client
from tests.support.http.wsgi_app import Environ, Start

_CLIENTS = 300
_ASGI: dict[str, Callable[[Gate], Any]] = {
    "asgi": asgi_app.build,
    "starlette": starlette_app.build,
    "fastapi": fastapi_app.build,
}
_WSGI: dict[str, Callable[[Gate], Any]] = {"wsgi": wsgi_app.build, "flask": flask_app.build}


def case(driver: Any, method: str, path: str) -> Case:
    """One request with a client that stays."""
    return Case(
        name="bounds",
        driver=driver,
        method=method,
        path=path,
        root_path="",
        surroundings=None,
        client=Client(),
        records=(),
    )


@pytest.mark.parametrize("driver", _ASGI)
def test_no_asgi_client_can_add_a_series(driver: str) -> None:
    """Clients with a method, path, scheme, host and version of their own share one series."""

    async def hostile(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            number: str = scope["path"].rpartition("-")[2]
            scope |= {"scheme": f"x{number}", "http_version": f"7.{number}"}
            scope["headers"] = [(b"host", f"h{number}.example".encode())]
        await app(scope, receive, send)

    with measured() as seen:
        app = seen.service.instrument(_ASGI[driver](Gate()))
        for number in range(_CLIENTS):
            asgi_server.serve(hostile, case(driver, f"M{number}", f"/no/path-{number}"), Gate())
        (duration,) = seen.points("http.server.request.duration")
        (active,) = seen.points("http.server.active_requests")
    assert duration[1].count == _CLIENTS
    assert duration[0] == {
        "http.request.method": "_OTHER",
        "url.scheme": "_OTHER",
        "http.response.status_code": 404,
    }
    assert active[0] == {"http.request.method": "_OTHER", "url.scheme": "_OTHER"}


@pytest.mark.parametrize("driver", _WSGI)
def test_no_wsgi_client_can_add_a_series(driver: str) -> None:
    """Clients with a method, path, scheme, host and version of their own share one series."""
    with measured() as seen:
        app = seen.service.instrument(_WSGI[driver](Gate()))
        for number in range(_CLIENTS):
            environ: Environ = {
                "REQUEST_METHOD": f"M{number}",
                "PATH_INFO": f"/no/path-{number}",
                "SERVER_PROTOCOL": f"HTTP/7.{number}",
                "HTTP_HOST": f"h{number}.example",
                "wsgi.url_scheme": f"x{number}",
            }
            setup_testing_defaults(environ)
            body = app(environ, lambda status, headers, exc_info=None: print)
            for _ in body:
                pass
            getattr(body, "close", list)()
        (duration,) = seen.points("http.server.request.duration")
        (active,) = seen.points("http.server.active_requests")
    assert duration[1].count == _CLIENTS
    assert duration[0] == {
        "http.request.method": "_OTHER",
        "url.scheme": "_OTHER",
        "http.response.status_code": 404,
    }
    assert active[0] == {"http.request.method": "_OTHER", "url.scheme": "_OTHER"}


def test_an_asgi_request_is_active_while_it_lasts() -> None:
    """A request is counted as active from its beginning to its last message, not beyond."""
    under_way: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        under_way.append(seen.active())
        await asgi_app.start(send, 200)
        await asgi_app.body(send, more=True)
        under_way.append(seen.active())
        await asgi_app.body(send)
        under_way.append(seen.active())

    with measured() as seen:
        served = seen.service.instrument(app)
        asgi_server.serve(served, case("asgi", "GET", "/"), Gate())
    assert under_way == [1, 1, 0]


def test_a_wsgi_request_is_active_while_it_lasts() -> None:
    """A request is counted as active from its beginning to the end of its body, not beyond."""
    under_way: list[int] = []

    def app(environ: Environ, start_response: Start) -> Iterable[bytes]:
        under_way.append(seen.active())
        start_response("200 OK", [])
        yield b"a chunk"
        under_way.append(seen.active())

    with measured() as seen:
        served = seen.service.instrument(app)
        environ: Environ = {}
        setup_testing_defaults(environ)
        assert list(served(environ, lambda status, headers, exc_info=None: print)) == [b"a chunk"]
        under_way.append(seen.active())
    assert under_way == [1, 1, 0]
