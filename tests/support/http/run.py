"""Run one case of the table against the application of its driver."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.http import (
    asgi_app,
    asgi_server,
    fastapi_app,
    flask_app,
    starlette_app,
    wsgi_app,
    wsgi_server,
)
from tests.support.http.exchange import Gate, Transcript
from tests.support.http.table import Case

_BUILD: dict[str, Callable[[Gate], Any]] = {
    "asgi": asgi_app.build,
    "starlette": starlette_app.build,
    "fastapi": fastapi_app.build,
    "wsgi": wsgi_app.build,
    "flask": flask_app.build,
}


def run(case: Case, gate: Gate, instrument: Callable[[Any], Any]) -> Transcript:
    """Build the application of `case`, instrument it, surround it, and have it answer."""
    app = _BUILD[case.driver](gate)
    if case.driver in ("starlette", "fastapi"):
        starlette_app.surround(app, case.surroundings, gate)
    elif case.driver == "flask":
        flask_app.surround(app, case.surroundings)
    app = instrument(app)
    if case.surroundings == "twice":
        app = instrument(app)
    if case.driver in ("starlette", "fastapi"):
        starlette_app.surround_late(app, case.surroundings)
    elif case.driver == "flask":
        flask_app.surround_late(app, case.surroundings)
    if case.driver in ("wsgi", "flask"):
        return wsgi_server.serve(app, case)
    return asgi_server.serve(app, case, gate)
