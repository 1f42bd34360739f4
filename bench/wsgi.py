"""Drives a WSGI application in process: no server, no socket."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bench.asgi import HEADERS
from bench.clock import timed
from bench.model import Workload

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Driver:
    """Sends one kind of GET request to an application, again and again.

    Each request has an environ of its own; the body is read and closed, as servers do.
    """

    def __init__(self, app: App, path: str, headers: Mapping[str, str]) -> None:
        self._app = app
        self._path = path
        self._environ = {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "QUERY_STRING": "",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "REMOTE_PORT": "50000",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            **{
                f"HTTP_{name.upper().replace('-', '_')}": value
                for name, value in {**HEADERS, **headers}.items()
            },
        }

    def _request(self, path: str, start_response: Callable[..., Any]) -> bytes:
        environ = {**self._environ, "PATH_INFO": path, "wsgi.input": io.BytesIO()}
        body = self._app(environ, start_response)
        try:
            return b"".join(body)
        finally:
            close = getattr(body, "close", None)
            if close is not None:
                close()

    def run(self, requests: int) -> None:
        """Send that many requests, one after another."""
        path, request = self._path, self._request
        for _ in range(requests):
            request(path, _start_response)

    def get(self, path: str) -> tuple[int, bytes]:
        """One request that is looked at: its status and body."""
        answered = ""

        def start_response(status: str, headers: object, exc_info: object = None) -> object:
            nonlocal answered
            answered = status
            return _write

        body = self._request(path, start_response)
        return int(answered.split()[0]), body

    def workload(self, check: Callable[[int], str | None] | None = None) -> Workload:
        """This driver as a workload, once the application has proved to answer.

        `check` gets the number of all requests sent, this first one included.
        """
        status, body = self.get(self._path)
        if status != 200:
            raise RuntimeError(f"GET {self._path} answered {status}: {body!r}")
        return Workload(
            measure=lambda requests: timed(self.run, requests),
            check=None if check is None else (lambda done: check(done + 1)),
        )


def _write(data: bytes) -> None:
    pass


def _start_response(status: str, headers: object, exc_info: object = None) -> object:
    return _write
