"""`python -m bench.health.probed`: a process that `bench.health_probe` probes, or one it needs."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

DEPENDENCIES: Final = 50
HANGING: Final = 10
THREADS: Final = 8
"""Of the application."""

_HOST: Final = "127.0.0.1"


def serve(role: str, ports: list[int]) -> None:
    """The process of one service."""
    import ninefold as nf

    # Blocked for longer than this the answer is 503, as it has to be; here its time is wanted.
    service = nf.setup("bench", environment="bench", admin=f"{_HOST}:0", heartbeat_timeout=3600)
    match role:
        case "distressed":
            answering, hanging = ports
            for number in range(DEPENDENCIES):
                does_hang = number < HANGING
                check = _hangs(hanging) if does_hang else nf.checks.tcp(_HOST, answering)
                service.dependency(f"dependency-{number}", kind="other", check=check)
        case "noop":
            for number in range(DEPENDENCIES):
                service.dependency(f"dependency-{number}", kind="other", check=_nothing)
        case "connecting":
            for number in range(DEPENDENCIES):
                check = nf.checks.tcp(_HOST, ports[0])
                service.dependency(f"dependency-{number}", kind="other", check=check)
    application = _application(service.instrument(_blocks))
    service.start()
    while service.admin_address is None:
        time.sleep(0.02)
    admin = int(service.admin_address.rpartition(":")[2])
    print(json.dumps({"admin": admin, "application": application}), flush=True)
    for _ in sys.stdin:
        print(json.dumps({"cpu": time.process_time()}), flush=True)


def _nothing() -> None:
    """A check that costs nothing itself."""


def _hangs(port: int) -> Any:
    def check() -> None:
        with socket.create_connection((_HOST, port)) as connection:
            connection.settimeout(None)
            connection.recv(1)

    return check


def _blocks(environ: Any, start_response: Any) -> list[bytes]:
    """An application whose every request waits for ever."""
    threading.Event().wait()
    start_response("200 OK", [])
    return []


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


class _Pooled(WSGIServer):
    """A WSGI server of `THREADS` threads."""

    request_queue_size = 64
    pool = None

    def process_request(self, request: Any, client_address: Any) -> None:
        if self.pool is None:
            self.pool = ThreadPoolExecutor(THREADS)
        self.pool.submit(self._answer, request, client_address)

    def _answer(self, request: Any, client_address: Any) -> None:
        self.finish_request(request, client_address)
        self.shutdown_request(request)


def _application(app: Any) -> int:
    server = _Pooled((_HOST, 0), _Quiet)
    server.set_app(app)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def _listen(answer: bytes) -> None:
    """Take connections one after the other; answer each, where there is an answer."""
    with socket.create_server((_HOST, 0), backlog=512) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                if answer:
                    connection.recv(4096)
                    connection.sendall(answer)


if __name__ == "__main__":
    _, role, *rest = sys.argv
    match role:
        case "answer":
            _listen(b"")
        case "bare":
            _listen(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        case _:
            serve(role, [int(port) for port in rest])
