"""An ASGI application that takes its time to start, as one does that loads a model."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI

import ninefold as nf

service = nf.setup("health-starts", environment="test")


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Go on when the test says so; the loop is blocked until it first does."""
    told = Path(os.environ["TOLD"])
    while not (told / "awaits").exists():
        time.sleep(0.02)  # noqa: ASYNC251 - as what loads a model does
    while not (told / "starts").exists():  # noqa: ASYNC110 - a word of another process
        await asyncio.sleep(0.02)
    yield


app = service.instrument(FastAPI(lifespan=lifespan))
