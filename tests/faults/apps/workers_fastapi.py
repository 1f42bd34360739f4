"""A service of several workers that one of them answers a scrape for."""

from __future__ import annotations

import os
from pathlib import Path

from fastapi import FastAPI, Response
from opentelemetry import metrics

import ninefold as nf

service = nf.setup("workers", environment="test", prometheus=True)
app = service.instrument(FastAPI())
# Read anew by each worker that starts: a rolling reload brings other boundaries.
limits = Path(os.environ["LIMITS"]).read_text(encoding="utf-8").split()
service.objective("available", nf.availability(route="/", target=0.9))
for limit in limits:
    kind = nf.latency(route="/", threshold=float(limit), target=0.9)
    service.objective(f"within-{limit}", kind)
service.saturation("pool", usage=lambda: os.getpid(), limit=float(2**22))
orders = metrics.get_meter("shop").create_counter("orders")
mood = metrics.get_meter("shop").create_gauge("mood")


@app.get("/")
def root(response: Response, status: int = 200) -> dict[str, int]:
    """Count an order, and say who did."""
    orders.add(1)
    mood.set(os.getpid())
    response.status_code = status
    return {"pid": os.getpid()}
