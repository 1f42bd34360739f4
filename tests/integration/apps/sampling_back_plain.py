"""The second service without `setup()`: a tracer provider of its own, and our sampler in it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagate import extract
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind

import ninefold as nf

sampler = nf.Sampler(
    nf.Sampling(
        default=0.0,
        parent="respect" if os.environ["PARENT"] == "respect" else "ignore",
        rules=[nf.Rule(path="/stock/*", rate=0.1)],
    )
)
provider = TracerProvider(
    sampler=sampler, resource=Resource({"service.name": "back"}), shutdown_on_exit=False
)
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
tracer = provider.get_tracer("stock")


@asynccontextmanager
async def life(_: FastAPI) -> AsyncIterator[None]:
    """Export what is held when the server ends."""
    yield
    provider.shutdown()


app = FastAPI(lifespan=life)


@app.get("/stock/{item}")
async def stock(request: Request) -> dict[str, str]:
    """The headers that a trace travels in, as the span passes them on."""
    with tracer.start_as_current_span(
        "GET /stock/{item}",
        context=extract(request.headers),
        kind=SpanKind.SERVER,
        attributes={"url.path": request.url.path, "http.request.method": request.method},
    ):
        return {name: request.headers.get(name, "") for name in ("traceparent", "tracestate")}
