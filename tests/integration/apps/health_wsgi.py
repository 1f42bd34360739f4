"""A Flask application whose health depends on what DEPENDENCIES describes."""

from __future__ import annotations

import logging
import os
import threading

from flask import Flask
from tests.integration.apps.health_declared import HOST, declare, work

import ninefold as nf

logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
service = nf.setup("rows", environment="development")
declared = declare(service, awaits=False)
app = service.instrument(Flask(__name__))


@app.get("/call/<name>")
def call(name: str) -> str:
    """Make a real call."""
    one = declared[name]
    try:
        one.dependency.guard(work)(one.url)
    except Exception as error:  # noqa: BLE001 - whatever it is, the answer tells
        return type(error).__name__
    return "well"


@app.get("/hold/<name>")
def hold(name: str) -> str:
    """Keep a connection of the pool."""
    declared[name].held.append(declared[name].engine.connect())
    return "held"


@app.get("/free/<name>")
def free(name: str) -> str:
    """Give it back."""
    while declared[name].held:
        declared[name].held.pop().close()
    return "free"


@app.get("/slow")
def slow() -> str:
    """Answer when the upstream does."""
    work(f"http://{HOST}:{os.environ['UPSTREAM']}/slow/hold")
    return "done"


@app.get("/block")
def block() -> str:
    """The same; enough of them at once keep every thread."""
    work(f"http://{HOST}:{os.environ['UPSTREAM']}/block/hold")
    return "done"


@app.get("/workers")
def workers() -> str:
    """How many threads there are that checks run on."""
    return str(sum(thread.name == "ninefold-check" for thread in threading.enumerate()))


@app.get("/end-scheduler")
def end_scheduler() -> str:
    """As if the scheduler's thread had died."""
    service.health._scheduler.stop()
    return "dead"
