"""The same over WSGI."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask

import ninefold as nf

service = nf.setup("workers", environment="test", prometheus=True)
app = service.instrument(Flask(__name__))
for limit in Path(os.environ["LIMITS"]).read_text(encoding="utf-8").split():
    kind = nf.latency(route="/", threshold=float(limit), target=0.9)
    service.objective(f"within-{limit}", kind)


@app.get("/")
def root() -> dict[str, int]:
    """Say who answered."""
    return {"pid": os.getpid()}
