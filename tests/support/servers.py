"""Applications under real servers, each its own process."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.support.net import LOOPBACK, Answer, free_port, http, is_listening
from tests.support.process import Process

# As `python -m flask`, but with Ctrl-C: children of a job in the background ignore it.
_FLASK = """
import signal, sys
from flask.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.argv[0] = "flask"
main()
"""


_WSGI = """
import sys
from importlib import import_module
from werkzeug.serving import run_simple
module, _, name = sys.argv[1].partition(":")
run_simple(sys.argv[2], int(sys.argv[3]), getattr(import_module(module), name), threaded=True)
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that accepts connections, and the process behind it."""

    process: Process
    port: int

    @property
    def target(self) -> str:
        """`host:port`, as a scrape configuration wants it."""
        return f"{LOOPBACK}:{self.port}"

    def request(self, path: str, *, method: str = "GET", **headers: str) -> Answer:
        """One request on a connection of its own."""
        # The first answer loads much, and several may start at once, on few cores.
        return http(f"http://{self.target}{path}", method=method, headers=headers, timeout=60)


class Serve(Protocol):
    """Start an application, `module:name`, under a real server, with these settings."""

    def __call__(self, app: str, **env: str) -> Server: ...


def uvicorn(app: str, *, log: Path, env: Mapping[str, str] | None = None) -> Server:
    """Serve the ASGI application `module:name` with uvicorn."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", app, "--host", LOOPBACK, "--port", str(port)]
    return _ready(Process(f"uvicorn {app}", command, log=log, env=env), port)


def werkzeug(app: str, *, log: Path, env: Mapping[str, str] | None = None) -> Server:
    """Serve the Flask application `module:name` with Flask's own, threaded server."""
    port = free_port()
    command = [sys.executable, "-c", _FLASK, "--app", app, "run", "--no-reload"]
    command += ["--host", LOOPBACK, "--port", str(port)]
    return _ready(Process(f"flask {app}", command, log=log, env=env), port)


def plain_wsgi(app: str, *, log: Path, env: Mapping[str, str] | None = None) -> Server:
    """Serve any WSGI application `module:name` with werkzeug's threaded server."""
    port = free_port()
    command = [sys.executable, "-c", _WSGI, app, LOOPBACK, str(port)]
    return _ready(Process(f"wsgi {app}", command, log=log, env=env), port)


def command(
    make: Callable[[int], list[str]], *, log: Path, env: Mapping[str, str] | None = None
) -> Server:
    """Serve by the command that `make` makes of a free port."""
    port = free_port()
    arguments = make(port)
    return _ready(
        Process(" ".join(arguments), [sys.executable, *arguments], log=log, env=env), port
    )


def _ready(process: Process, port: int) -> Server:
    try:
        # Several may start at once, on few cores.
        process.wait_until(lambda: is_listening(port), within=60)
    except BaseException:
        process.stop()
        raise
    return Server(process, port)
