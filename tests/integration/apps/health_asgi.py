"""A FastAPI application whose health depends on what DEPENDENCIES describes."""

from __future__ import annotations

import asyncio
import logging
import os
import threading

from fastapi import FastAPI
from tests.integration.apps.health_declared import HOST, declare, work

import ninefold as nf

logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
service = nf.setup("rows", environment="development")
declared = declare(service, awaits=True)
app = FastAPI()


@app.get("/call/{name}")
async def call(name: str) -> str:
    """Make a real call."""
    one = declared[name]

    @one.dependency.guard
    async def guarded() -> None:
        await asyncio.to_thread(work, one.url)

    try:
        await guarded()
    except Exception as error:  # noqa: BLE001 - whatever it is, the answer tells
        return type(error).__name__
    return "well"


@app.get("/hold/{name}")
async def hold(name: str) -> str:
    """Keep a connection of the pool."""
    declared[name].held.append(await declared[name].engine.connect())
    return "held"


@app.get("/free/{name}")
async def free(name: str) -> str:
    """Give it back."""
    while declared[name].held:
        await declared[name].held.pop().close()
    return "free"


@app.get("/slow")
async def slow() -> str:
    """Answer when the upstream does, and let others be answered meanwhile."""
    await asyncio.to_thread(work, f"http://{HOST}:{os.environ['UPSTREAM']}/slow/hold")
    return "done"


@app.get("/block")
async def block() -> str:
    """Answer when the upstream does, and block the event loop meanwhile."""
    work(f"http://{HOST}:{os.environ['UPSTREAM']}/block/hold")
    return "done"


@app.get("/workers")
async def workers() -> int:
    """How many threads there are that checks run on."""
    return sum(thread.name == "ninefold-check" for thread in threading.enumerate())


@app.get("/end-scheduler")
async def end_scheduler() -> str:
    """As if the scheduler's thread had died."""
    await asyncio.to_thread(service.health._scheduler.stop)
    return "dead"


service.instrument(app)
