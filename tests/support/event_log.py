"""A log of exchanges that an application keeps by itself, outside of everything of ours.

It wraps the instrumented application, sees what the server sees, and writes a line of JSON for each
exchange that is over. What counts as good or bad is left to who reads it.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(slots=True)
class Logged:
    """One exchange; times in seconds from its beginning."""

    method: str
    path: str
    agent: str = ""
    status: int | None = None
    parts: int = 0
    begun: float | None = None
    complete: bool = False
    gone: bool = False
    raised: bool = False
    elapsed: float = 0.0


class _File:
    def __init__(self) -> None:
        self._path = Path(os.environ["EVENT_LOG"])
        self._lock = threading.Lock()

    def write(self, logged: Logged) -> None:
        with self._lock, self._path.open("a") as file:
            file.write(json.dumps(asdict(logged)) + "\n")


def read(path: Path) -> list[Logged]:
    """What was logged so far."""
    if not path.exists():
        return []
    return [Logged(**json.loads(line)) for line in path.read_text().splitlines()]


class AsgiLog:
    """Logs what an ASGI application does."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._file = _File()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection; what is no request, and a scrape, is not logged."""
        if scope["type"] != "http" or scope["path"] == "/metrics":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        logged = Logged(
            scope["method"], scope["path"], headers.get(b"user-agent", b"").decode("latin-1")
        )
        start = time.perf_counter()

        async def receiving() -> Any:
            message = await receive()
            if message["type"] == "http.disconnect" and not logged.complete:
                logged.gone = True
            return message

        async def sending(message: Any) -> None:
            if message["type"] == "http.response.body":
                if message.get("body"):
                    logged.parts += 1
                    logged.begun = logged.begun or time.perf_counter() - start
                if not message.get("more_body"):
                    logged.complete = True
                    logged.elapsed = time.perf_counter() - start
            await send(message)
            if message["type"] == "http.response.start":
                logged.status = message["status"]

        try:
            await self._app(scope, receiving, sending)
        except BaseException:
            logged.raised = not logged.complete
            raise
        finally:
            logged.elapsed = logged.elapsed or time.perf_counter() - start
            self._file.write(logged)


class WsgiLog:
    """Logs what a WSGI application does."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._file = _File()

    def __call__(self, environ: Any, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Serve one request; a scrape is not logged."""
        if environ["PATH_INFO"] == "/metrics":
            return self._app(environ, start_response)  # type: ignore[no-any-return]
        logged = Logged(
            environ["REQUEST_METHOD"], environ["PATH_INFO"], environ.get("HTTP_USER_AGENT", "")
        )
        start = time.perf_counter()

        def starting(status: str, headers: Any, *exc_info: Any) -> Any:
            logged.status = int(status[:3])
            return start_response(status, headers, *exc_info)

        try:
            body = self._app(environ, starting)
        except BaseException:
            logged.raised, logged.status = True, None
            self._end(logged, start)
            raise
        return _Body(body, logged, start, self._end)

    def _end(self, logged: Logged, start: float) -> None:
        logged.elapsed = logged.elapsed or time.perf_counter() - start
        self._file.write(logged)


class _Body:
    def __init__(self, body: Any, logged: Logged, start: float, end: Any) -> None:
        self._body, self._logged, self._start, self._end = body, logged, start, end

    def __iter__(self) -> Iterator[bytes]:
        logged = self._logged
        try:
            for chunk in self._body:
                if chunk:
                    logged.parts += 1
                    logged.begun = logged.begun or time.perf_counter() - self._start
                yield chunk
        except GeneratorExit:
            logged.gone = True
            raise
        except BaseException:
            logged.raised = True
            raise
        logged.complete = True
        logged.elapsed = time.perf_counter() - self._start

    def close(self) -> None:
        """As the server does at the end."""
        close = getattr(self._body, "close", None)
        if close is not None:
            close()
        if not self._logged.complete and not self._logged.raised:
            self._logged.gone = True
        self._end(self._logged, self._start)
