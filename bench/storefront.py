"""The two applications under test, one route each that answers a small JSON document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import FastAPI
    from flask import Flask

PATH = "/things/42"


def fastapi_app(*, routes_ahead: int = 0, telemetry: dict[str, Any] | None = None) -> FastAPI:
    """A FastAPI application with `routes_ahead` other routes before the one that matches.

    `telemetry` configures FastAPI's own instrumentation, which sleeps while no provider is set.
    """
    from fastapi import FastAPI

    app = FastAPI() if telemetry is None else FastAPI(telemetry=telemetry)  # type: ignore[arg-type]

    async def thing(thing_id: int) -> dict[str, int]:
        return {"id": thing_id}

    for number in range(routes_ahead):
        app.get(f"/other{number}/{{thing_id}}")(thing)
    app.get("/things/{thing_id}")(thing)
    return app


def flask_app() -> Flask:
    """A Flask application."""
    from flask import Flask

    app = Flask("bench")

    @app.get("/things/<int:thing_id>")
    def thing(thing_id: int) -> dict[str, int]:
        return {"id": thing_id}

    return app
