"""structlog events that name their trace, by a processor."""

from __future__ import annotations

import structlog
from fastapi import FastAPI
from structlog.testing import CapturingLogger

import ninefold as nf
from ninefold.integrations.structlog import add_trace_context

written = CapturingLogger()
structlog.configure(
    processors=[add_trace_context, structlog.processors.JSONRenderer()],
    logger_factory=lambda *_: written,
)
log = structlog.get_logger()
service = nf.setup("checkout", environment="development")
app = FastAPI()


@app.get("/cart/{cart_id}")
async def cart(cart_id: int) -> dict[str, int]:
    log.info("shown", cart=cart_id)
    return {"cart": cart_id}


app = service.instrument(app)

if __name__ == "__main__":
    from fastapi.testclient import TestClient

    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    with TestClient(app) as client:
        client.get("/cart/7", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    [call] = written.calls
    print(call.args[0])
    assert trace in call.args[0], call
