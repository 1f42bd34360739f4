"""One request, made of any bytes whatever, to an application of either server interface."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Headers = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client got; `error` is what came out of the application instead, or after it."""

    status: int | None
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    error: str | None = None


Ask = Callable[..., Answer]
"""`ask(path, method=…, query=…, headers=…)`, all of it text or bytes as a server passes them on."""


def asgi_client(app: Any) -> Ask:
    """A server that passes anything on, around an ASGI application."""

    def ask(
        path: str = "/",
        method: str = "GET",
        query: bytes = b"",
        headers: Headers = (),
        client: Any = ("127.0.0.1", 50000),
    ) -> Answer:
        return asyncio.run(_ask_asgi(app, path, method, query, headers, client))

    return ask


async def _ask_asgi(
    app: Any, path: str, method: str, query: bytes, headers: Headers, client: Any
) -> Answer:
    sent: list[Any] = []
    requests = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> Any:
        for request in requests:
            return request
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode("utf-8", "surrogateescape"),
        "query_string": query,
        "root_path": "",
        "headers": list(headers),
        "client": client,
        "server": ("127.0.0.1", 80),
    }
    error = None
    try:
        await app(scope, receive, send)
    except Exception as raised:  # noqa: BLE001 - what comes out is what is compared
        error = repr(raised)
    starts = [message for message in sent if message["type"] == "http.response.start"]
    return Answer(
        starts[0]["status"] if starts else None,
        tuple(tuple(pair) for pair in starts[0].get("headers", ())) if starts else (),
        b"".join(message.get("body", b"") for message in sent),
        error,
    )


def wsgi_client(app: Any) -> Ask:
    """A server that passes anything on, around a WSGI application."""

    def ask(
        path: str = "/",
        method: str = "GET",
        query: bytes = b"",
        headers: Headers = (),
        client: Any = ("127.0.0.1", 50000),
    ) -> Answer:
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path.encode("utf-8", "surrogateescape").decode("latin-1"),
            "QUERY_STRING": query.decode("latin-1"),
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": client[0],
            "wsgi.url_scheme": "http",
            "wsgi.version": (1, 0),
            "wsgi.errors": _Nowhere(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in headers:
            key = f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}"
            before = environ.get(key)
            text = value.decode("latin-1")
            environ[key] = text if before is None else f"{before},{text}"
        started: list[tuple[str, Any]] = []
        parts: list[bytes] = []

        def start_response(status: str, given: Any, *_: Any) -> Callable[[bytes], object]:
            started.append((status, given))
            return parts.append

        error = None
        try:
            body = app(environ, start_response)
            try:
                parts += body
            finally:
                close = getattr(body, "close", None)
                if close is not None:
                    close()
        except Exception as raised:  # noqa: BLE001 - what comes out is what is compared
            error = repr(raised)
        return Answer(
            int(started[-1][0][:3]) if started else None,
            tuple((k.encode("latin-1"), v.encode("latin-1")) for k, v in started[-1][1])
            if started
            else (),
            b"".join(parts),
            error,
        )

    return ask


class _Nowhere:
    def write(self, text: str) -> None:
        """Drop it: what an application logs is not what is asked here."""

    def flush(self) -> None:
        """Nothing is held."""
