"""The application under test in Flask."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, redirect, request, send_file

from ninefold.errors import DeadlineExceededError
from tests.support.http.exchange import Gate
from tests.support.http.wsgi_app import CopiedEnviron, Guard, chunks


def failing() -> Response:
    """Fail without a response."""
    raise ValueError("no response")


def thing(tenant: str, id: str) -> str:
    """One thing of one tenant."""
    return f"{tenant} {id}"


def build(gate: Gate) -> Flask:
    """Make the application."""
    app = Flask(__name__)

    @app.get("/items/<id>")
    def item(id: str) -> str:
        return f"item {id}"

    @app.route("/orders", methods=["POST", "OPTIONS"])
    def orders() -> Response:
        return Response(status=201 if request.method == "POST" else 204)

    @app.get("/old")
    def old() -> Any:
        return redirect("/items/1")

    @app.get("/status/<code>")
    def status(code: str) -> Response:
        return Response(status=int(code))

    @app.get("/branch/")
    def branch() -> str:
        return "branch"

    @app.get("/stream/<n>")
    def stream(n: str) -> Response:
        return Response(chunks(int(n)))

    @app.get("/failing-stream/<n>")
    def failing_stream(n: str) -> Response:
        return Response(chunks(int(n)), 503)

    @app.get("/start-then-raise")
    def start_then_raise() -> Response:
        return Response(chunks(0, ValueError("no first chunk")))

    @app.get("/stream-then-raise")
    def stream_then_raise() -> Response:
        return Response(chunks(1, ValueError("no second chunk")))

    @app.get("/stream-then-expire")
    def stream_then_expire() -> Response:
        return Response(chunks(1, DeadlineExceededError("no time left")))

    @app.get("/stream-then-exit")
    def stream_then_exit() -> Response:
        return Response(chunks(1, SystemExit(3)))

    app.get("/raise")(failing)

    @app.get("/expire")
    def expire() -> Response:
        raise DeadlineExceededError("no time left")

    @app.get("/exit")
    def exit() -> Response:
        raise SystemExit(3)

    @app.get("/background")
    def background() -> Response:
        response = Response("done")
        response.call_on_close(gate.in_background)
        return response

    @app.get("/file")
    def file() -> Response:
        response = send_file(__file__)
        # Werkzeug takes the date of now, which may be another one in the next run of the same case.
        response.headers["Date"] = "Tue, 24 Nov 2026 00:00:00 GMT"
        return response

    @app.get("/health")
    def health() -> str:
        return "up"

    tenant = Blueprint("tenant", __name__, url_prefix="/t/<tenant>")
    tenant.get("/things/<id>")(thing)

    @tenant.get("/raise")
    def failing_tenant(tenant: str) -> Response:
        return failing()

    version = Blueprint("v1", __name__, url_prefix="/v1")

    @version.get("/orders/<id>")
    def order(id: str) -> str:
        return f"order {id}"

    api = Blueprint("api", __name__, url_prefix="/api")
    api.register_blueprint(version)
    app.register_blueprint(tenant)
    app.register_blueprint(api)
    return app


def overloaded(error: Exception) -> tuple[str, int]:
    """Answer 503 to every error."""
    return "try again", 503


def surround(app: Flask, surroundings: str | None) -> None:
    """Put around the application what is there before it is instrumented."""
    match surroundings:
        case "error_handler":
            app.register_error_handler(Exception, overloaded)
        case "copied_scope":
            app.wsgi_app = CopiedEnviron(app.wsgi_app)  # type: ignore[method-assign]


def surround_late(app: Flask, surroundings: str | None) -> None:
    """Put around the application what comes after it was instrumented."""
    match surroundings:
        case "late_guard":
            app.wsgi_app = Guard(app.wsgi_app)  # type: ignore[method-assign]
        case "late_copied_scope":
            app.wsgi_app = CopiedEnviron(app.wsgi_app)  # type: ignore[method-assign]
