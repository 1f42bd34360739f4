"""The same over WSGI."""

from __future__ import annotations

import time

from flask import Flask
from tests.integration.apps import health_workers as told

service = told.made()
app = service.instrument(Flask(__name__))


@app.get("/")
def root() -> dict[str, int]:
    """Say who answers."""
    return told.answer(service)


@app.get("/blocks/<int:pid>")
def blocks(pid: int) -> str:
    """Block a thread of that process."""
    told.block(pid)
    return ""


@app.get("/waits/<int:pid>")
def waits(pid: int) -> str:
    """Answer when the test says so, if it is that process that does."""
    while told.has_to_wait(pid):
        time.sleep(0.02)
    return "done"
