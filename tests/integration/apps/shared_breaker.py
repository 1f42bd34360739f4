"""One instance of a service whose breaker is shared; it calls, and tells, when it is asked to.

Its arguments: its own port and Redis's. `GET /well` and `/sick` make one call each, which succeeds
or fails; `/reset` closes the breaker by hand; `/` does nothing. The answer is the breaker's state.
"""

from __future__ import annotations

import contextlib
import logging
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

import redis

import ninefold as nf

OPEN_FOR = 120.0


class Sick(Exception):
    """What the dependency answers."""


def _serve(port: int, redis_port: int) -> None:
    shared = nf.SharedState(client=redis.Redis(port=redis_port), quorum=2, interval=0.1)
    breaker = nf.Breaker(min_calls=2, open_for=OPEN_FOR, open_cap=OPEN_FOR, shared=shared)
    policy = nf.Policy("psp", breaker=breaker)

    @policy
    def call(path: str) -> None:
        if path == "/sick":
            raise Sick

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/reset":
                policy.breaker.reset()
            elif self.path in ("/well", "/sick"):
                with contextlib.suppress(Sick, nf.CircuitOpenError):
                    call(self.path)
            body = policy.breaker.state.encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            del format, args

    with HTTPServer(("127.0.0.1", port), Handler) as server:
        server.serve_forever()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    _serve(int(sys.argv[1]), int(sys.argv[2]))
