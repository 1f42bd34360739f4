"""The storefront's second service, set up by ninefold: it tells what of a trace reached it."""

from __future__ import annotations

from fastapi import FastAPI, Request

import ninefold as nf

service = nf.setup("back", environment="test", owner="tests")
app = FastAPI()


@app.get("/stock/{item}")
async def stock(request: Request) -> dict[str, str]:
    """The headers that a trace travels in."""
    return {name: request.headers.get(name, "") for name in ("traceparent", "tracestate")}


app = service.instrument(app)
