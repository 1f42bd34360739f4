"""The Flask application under the standard library's server, a thread for each request."""

from __future__ import annotations

import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from tests.integration.apps.health_workers_flask import app, service


class Threaded(ThreadingMixIn, WSGIServer):
    """Answers what is under way before it is closed."""


service.start()
with make_server("127.0.0.1", int(sys.argv[1]), app, Threaded, WSGIRequestHandler) as server:
    server.serve_forever()
