"""A bare WSGI application: what `instrument` returns is what a server is to be given."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from wsgiref.util import setup_testing_defaults

import ninefold as nf

service = nf.setup("greeter", environment="development", prometheus=True)


def greet(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"good day"]


app = service.instrument(greet)


def ask(path: str) -> bytes:
    environ: dict[str, Any] = {"PATH_INFO": path}
    setup_testing_defaults(environ)
    return b"".join(app(environ, lambda status, headers: None))


if __name__ == "__main__":
    for _ in range(3):
        ask("/anybody")
    page = ask("/metrics").decode()
    counts = [line for line in page.splitlines() if "request_duration_seconds_count" in line]
    print("\n".join(counts))
    assert len(counts) == 1, counts
    assert counts[0].endswith(" 3.0"), counts
