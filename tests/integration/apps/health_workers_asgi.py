"""An application whose health several workers tell."""

from __future__ import annotations

import asyncio

from fastapi import FastAPI
from tests.integration.apps import health_workers as told

service = told.made()
app = FastAPI()
service.instrument(app)


@app.get("/")
async def root() -> dict[str, int]:
    """Say who answers."""
    return told.answer(service)


@app.get("/blocks/{pid}")
async def blocks(pid: int) -> None:
    """Block that process's event loop."""
    told.block(pid)


@app.get("/waits/{pid}")
async def waits(pid: int) -> None:
    """Answer when the test says so, if it is that process that does."""
    while told.has_to_wait(pid):  # noqa: ASYNC110 - it is the word of another process
        await asyncio.sleep(0.02)
