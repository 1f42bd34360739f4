"""An application that keeps every trace with an error: one route fails, all take a step."""

from __future__ import annotations

from fastapi import FastAPI
from opentelemetry import trace

import ninefold as nf

service = nf.setup("shop", sampling=nf.Sampling(keep=nf.Keep()))
tracer = trace.get_tracer("shop")
app = FastAPI()


@app.get("/work")
async def work() -> dict[str, str]:
    """Take a step and answer."""
    with tracer.start_as_current_span("step"):
        return {"shop": "open"}


@app.get("/fail")
async def fail() -> None:
    """Take a step and fail."""
    with tracer.start_as_current_span("step"):
        pass
    raise RuntimeError("the till is empty")


app = service.instrument(app)
