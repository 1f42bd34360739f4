"""A WSGI server of one exchange, without a socket, whose client leaves when the case says so."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import Any
from wsgiref.util import FileWrapper, setup_testing_defaults

from tests.support.http.exchange import Transcript, named
from tests.support.http.table import Case


class _Http:
    """The server's side of one exchange, as PEP 3333 wants it."""

    def __init__(self, case: Case) -> None:
        self._client = case.client
        self._given: tuple[str, list[tuple[str, str]]] | None = None
        self._started = False
        self._bodies = 0
        self.events: list[object] = []

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Any:
        """Take the status; a second one only with an error and before the first byte."""
        if exc_info is not None:
            if self._started:
                raise exc_info[1].with_traceback(exc_info[2])
        elif self._given is not None:
            raise AssertionError("the response was started before")
        self._given = (status, headers)
        return self.write

    def write(self, data: bytes) -> None:
        """Send a chunk, and the start with the first one."""
        if self._given is None:
            raise AssertionError("a body without start_response")
        fails = self._client.send_fails_after
        if fails is not None and self._bodies >= fails:
            raise BrokenPipeError("the client has left")
        if not self._started:
            self._started = True
            self.events.append(self._given)
        if data:
            self._bodies += 1
            self.events.append(data)

    def send_all(self, body: Iterable[bytes]) -> None:
        """Send a body; a file goes out as one, however the server does that."""
        if isinstance(body, FileWrapper):
            self.events.append("a file")
        for chunk in body:
            if chunk:
                self.write(chunk)
        if not self._started:
            self.write(b"")


def serve(app: Any, case: Case) -> Transcript:
    """Have `app` answer one case."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": case.method,
        "SCRIPT_NAME": case.root_path,
        "PATH_INFO": case.path,
        "QUERY_STRING": "",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.input": BytesIO(),
        "wsgi.file_wrapper": FileWrapper,
    }
    if case.user_agent is not None:
        environ["HTTP_USER_AGENT"] = case.user_agent
    setup_testing_defaults(environ)
    server = _Http(case)
    error: str | None = None
    try:
        body = app(environ, server.start_response)
        try:
            server.send_all(() if case.client.body_unread else body)
        finally:
            if hasattr(body, "close"):
                body.close()
    except BaseException as raised:  # noqa: BLE001 - told to the test, whatever it is
        error = named(raised)
    return Transcript(tuple(server.events), error)
