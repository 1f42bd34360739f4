"""A FastAPI service that Prometheus can scrape: what the page says after a few requests.

To serve it: `uvicorn --app-dir examples fastapi_to_prometheus:app`, then see /metrics.
"""

from __future__ import annotations

from fastapi import FastAPI, HTTPException

import ninefold as nf

service = nf.setup("shop", version="1.0.0", environment="development", prometheus=True)
app = FastAPI()


@app.get("/items/{item_id}")
def item(item_id: int) -> dict[str, int]:
    if item_id > 100:
        raise HTTPException(404)
    return {"item": item_id}


app = service.instrument(app)

if __name__ == "__main__":
    from fastapi.testclient import TestClient

    with TestClient(app) as client:
        for path in ("/items/7", "/items/8", "/items/500", "/nowhere"):
            client.get(path)
        page = client.get("/metrics").text
    counts = [line for line in page.splitlines() if "request_duration_seconds_count" in line]
    print("\n".join(counts))
    assert len(counts) == 3, counts
