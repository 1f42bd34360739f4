"""A Flask application with an admin port, which starts it nowhere by itself."""

from __future__ import annotations

import os
import threading

from flask import Flask

import ninefold as nf

service = nf.setup("admin")
app = service.instrument(Flask(__name__))


@app.get("/")
def home() -> str:
    """Answer with who answers."""
    return str(os.getpid())


@app.get("/blocks")
def blocks() -> str:
    """Keep the thread that serves it."""
    threading.Event().wait(600)
    return "done"
