"""An HTTP service that others stand on: each part of it answers as it is told, and counts."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

from tests.support.net import LOOPBACK

_LONGEST = 120.0


@dataclass
class Part:
    """One part: `/NAME/health` is what probes ask, `/NAME/work` what calls reach.

    `/NAME/hold` is answered when nothing is held any more.
    """

    says: str = "up"
    """What it says of its health; `down` with 503."""
    fails: int = 0
    """How many of the next probes fail; those after them are held back if any is to."""
    alternates: bool = False
    """Whether every other probe fails."""
    works: bool = True
    """Whether calls succeed."""
    probed: int = 0
    called: int = 0
    waiting: int = 0
    """How many requests are held back now."""
    free: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.free.set()

    def mend(self) -> None:
        """Be well, and answer what was held back."""
        self.says, self.fails, self.alternates, self.works = "up", 0, False, True
        self.free.set()

    def health(self) -> tuple[int, str]:
        """Answer a probe."""
        with self.lock:
            self.probed += 1
            if self.alternates and self.probed % 2:
                return 503, "down"
            if self.fails:
                self.fails -= 1
                return 503, "down"
        self.hold()
        return 503 if self.says == "down" else 200, self.says

    def work(self) -> tuple[int, str]:
        """Answer a call."""
        with self.lock:
            self.called += 1
        return (200, "done") if self.works else (500, "failed")

    def hold(self) -> tuple[int, str]:
        """Wait until nothing is held back any more."""
        with self.lock:
            self.waiting += 1
        self.free.wait(_LONGEST)
        with self.lock:
            self.waiting -= 1
        return 200, "at last"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128


class Upstream:
    """The service. Use it as a context manager; parts come about when they are first named."""

    def __init__(self) -> None:
        self._parts = defaultdict[str, Part](Part)
        self._lock = threading.Lock()
        part_of = self.part

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                _, name, what = self.path.split("/")
                part = part_of(name)
                status, said = {"health": part.health, "work": part.work, "hold": part.hold}[what]()
                body = said.encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                del format, args

        class Server(_Server):
            def handle_error(self, request: object, client_address: object) -> None:
                """A client that leaves is no news."""

        self._server = Server((LOOPBACK, 0), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def part(self, name: str) -> Part:
        """A part of it, well at first."""
        with self._lock:
            return self._parts[name]

    def __enter__(self) -> Upstream:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for part in list(self._parts.values()):
            part.mend()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
