"""The application under test as a bare WSGI callable."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from ninefold.errors import DeadlineExceededError
from tests.support.http.exchange import Gate

Environ = dict[str, Any]
Start = Callable[..., Callable[[bytes], object]]
App = Callable[[Environ, Start], Iterable[bytes]]

_TEXT = [("Content-Type", "text/plain")]


def chunks(count: int, then: BaseException | None = None) -> Iterator[bytes]:
    """A body of `count` chunks, and an error after them."""
    for number in range(count):
        yield b"chunk %d" % number
    if then is not None:
        raise then


def lazy(start_response: Start) -> Iterator[bytes]:
    """Start the response with the first chunk."""
    start_response("200 OK", _TEXT)
    yield b"late"


def second_start(start_response: Start) -> Iterator[bytes]:
    """Start, fail before the first byte, and start again with the error."""
    start_response("200 OK", _TEXT)
    try:
        raise ValueError("no first chunk")
    except ValueError:
        start_response("500 Internal Server Error", _TEXT, sys.exc_info())
    yield b"sorry"


class Body:
    """A body with work to do when it is closed."""

    def __init__(self, chunk: bytes, work: Callable[[], None]) -> None:
        self._chunks = iter([chunk])
        self._work = work

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def close(self) -> None:
        """Do the work."""
        self._work()


def build(gate: Gate) -> App:
    """Make the application; it has no router, so its paths are no routes."""

    def app(environ: Environ, start_response: Start) -> Iterable[bytes]:
        method: str = environ["REQUEST_METHOD"]
        match environ["PATH_INFO"].split("/")[1:]:
            case ["items", number]:
                start_response("200 OK", _TEXT)
                return [] if method == "HEAD" else [f"item {number}".encode()]
            case ["orders"]:
                start_response("201 Created" if method == "POST" else "204 No Content", [])
                return []
            case ["old"]:
                start_response("302 Found", [("Location", "/items/1")])
                return []
            case ["status", code]:
                start_response(f"{code} As Asked", [])
                return []
            case ["stream", count]:
                start_response("200 OK", _TEXT)
                return chunks(int(count))
            case ["failing-stream", count]:
                start_response("503 Service Unavailable", _TEXT)
                return chunks(int(count))
            case ["raise"]:
                raise ValueError("no response")
            case ["expire"]:
                raise DeadlineExceededError("no time left")
            case ["exit"]:
                raise SystemExit(3)
            case ["silent"]:
                return []
            case ["start-then-raise"]:
                start_response("200 OK", _TEXT)
                return chunks(0, ValueError("no first chunk"))
            case ["stream-then-raise"]:
                start_response("200 OK", _TEXT)
                return chunks(1, ValueError("no second chunk"))
            case ["stream-then-expire"]:
                start_response("200 OK", _TEXT)
                return chunks(1, DeadlineExceededError("no time left"))
            case ["stream-then-exit"]:
                start_response("200 OK", _TEXT)
                return chunks(1, SystemExit(3))
            case ["background"]:
                start_response("200 OK", _TEXT)
                return Body(b"done", gate.in_background)
            case ["file"]:
                start_response("200 OK", _TEXT)
                # The server closes what it was handed.
                file = Path(__file__).open("rb")  # noqa: SIM115
                body: Iterable[bytes] = environ["wsgi.file_wrapper"](file)
                return body
            case ["write"]:
                start_response("200 OK", _TEXT)(b"written")
                return []
            case ["write-then-raise"]:
                start_response("200 OK", _TEXT)(b"written")
                raise ValueError("no second chunk")
            case ["lazy"]:
                return lazy(start_response)
            case ["second-start"]:
                return second_start(start_response)
            case ["health"]:
                start_response("200 OK", _TEXT)
                return [b"up"]
            case _:
                start_response("404 Not Found", _TEXT)
                return [b"nothing here"]

    return app


class CopiedEnviron:
    """Middleware that passes on a copy of the environ, as some do to change a path."""

    def __init__(self, app: App) -> None:
        self._app = app

    def __call__(self, environ: Environ, start_response: Start) -> Iterable[bytes]:
        return self._app(dict(environ), start_response)


class Guard:
    """Middleware that answers 401 to every request."""

    def __init__(self, app: App) -> None:
        self._app = app

    def __call__(self, environ: Environ, start_response: Start) -> Iterable[bytes]:
        start_response("401 Unauthorized", _TEXT)
        return [b"who are you?"]
