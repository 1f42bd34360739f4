"""A Flask application with an admin port, under gunicorn: each worker starts it at once."""

from __future__ import annotations

import os

from flask import Flask

import ninefold as nf

service = nf.setup("admin")
app = service.instrument(Flask(__name__))


@app.get("/")
def home() -> str:
    """Answer with who answers."""
    return str(os.getpid())


def post_worker_init(worker: object) -> None:
    """Start in each worker; this module is gunicorn's configuration as well."""
    service.start()
