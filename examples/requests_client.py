"""Outgoing calls by requests: measured, and told where they went."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

import ninefold as nf


class Bank(BaseHTTPRequestHandler):
    """Stands in for somebody else's service."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/open" else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Keep still."""


if __name__ == "__main__":
    service = nf.setup("checkout", environment="development", prometheus=True)
    with service.instrument(requests.Session()) as session:
        session.trust_env = False  # loopback needs no proxy
        with ThreadingHTTPServer(("127.0.0.1", 0), Bank) as server:
            threading.Thread(target=server.serve_forever).start()
            for path in ("/open", "/open", "/closed"):
                session.get(f"http://127.0.0.1:{server.server_port}{path}", timeout=5)
            server.shutdown()
    content, _ = service.expose()
    lines = content.decode().splitlines()
    counts = [line for line in lines if "http_client_request_duration_seconds_count" in line]
    print("\n".join(counts))
    assert sorted(line.rsplit(" ", 1)[1] for line in counts) == ["1.0", "2.0"], counts
    assert any('error_type="503"' in line for line in counts), counts
