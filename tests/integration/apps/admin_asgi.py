"""An ASGI application with an admin port, one of whose answers blocks the event loop."""

from __future__ import annotations

import time

from fastapi import FastAPI

import ninefold as nf

service = nf.setup("admin")
app = FastAPI()


@app.get("/blocks")
async def blocks() -> str:
    """Block the event loop for good, as far as a test is concerned."""
    time.sleep(600)  # noqa: ASYNC251 - the fault that is meant
    return "at last"


service.instrument(app)
