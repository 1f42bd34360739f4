"""A Flask application with an admin port, which starts it nowhere by itself."""

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
