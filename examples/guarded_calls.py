"""A call of another service that fails well: retried, cut off while it is down, and answered for.

The bank on loopback answers, has a hiccup, fails again, and is back. Nobody waits: the time is a
`ManualClock`'s.
"""

from __future__ import annotations

import logging
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import ninefold as nf
from ninefold.testing import ManualClock

clock = ManualClock()
service = nf.setup("checkout", environment="development", owner="payments", prometheus=True)
bank = service.dependency(
    "bank",
    kind="http",
    policy=nf.Policy(
        deadline=2.0,
        retry=nf.Retry(on=nf.status(503), budget=nf.Budget()),
        breaker=nf.Breaker(min_calls=4, open_for=5.0),
        fallback="later",
        runtime=clock.runtime(),  # for the example: nobody waits
    ),
)


class Bank(BaseHTTPRequestHandler):
    """Stands in for somebody else's service."""

    answers: Iterator[int] = iter([200, 503, 200, 503, 200, 200, 200])

    def do_GET(self) -> None:
        self.send_response(next(self.answers))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Keep still."""


@bank.guard
def pay(url: str) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=nf.remaining()):
            return "paid"
    except urllib.error.HTTPError as error:
        error.close()
        raise


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    with ThreadingHTTPServer(("127.0.0.1", 0), Bank) as server:
        threading.Thread(target=server.serve_forever).start()
        url = f"http://127.0.0.1:{server.server_port}/pay"
        told = [pay(url) for _ in range(4)]
        clock.advance(5.0)
        told += [pay(url) for _ in range(3)]
        server.shutdown()
    print(told)
    lines = service.expose()[0].decode().splitlines()
    print("\n".join(line for line in lines if "call_duration_seconds_count" in line))
    assert told == ["paid", "paid", "later", "later", "paid", "paid", "paid"], told
    assert bank.breaker.state == "closed"
