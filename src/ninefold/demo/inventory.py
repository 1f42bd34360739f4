"""The storefront's inventory: a Flask service that knows what is on the shelves.

All that ninefold wants of it are the lines with `nf.` and `service.`.
"""

from __future__ import annotations

import random
import time
from typing import Any

from flask import Flask, abort, request

import ninefold as nf
from ninefold.demo._faulty import FAULTS, Fault
from ninefold.demo._serve import serve_wsgi

service = nf.setup(
    "inventory",
    version="2.3.0",
    environment="development",
    owner="logistics",
    prometheus=True,
    exclude=[FAULTS],
)
app = Flask(__name__)
app.register_blueprint(Fault().blueprint)  # what the demo lets go wrong

ITEMS = range(1, 41)
ARCHIVED, SOLD_OUT, RECOUNTED = 8, 13, 29


@app.get("/items/<int:item_id>")
def item(item_id: int) -> dict[str, Any]:
    """Describe an item; one of them comes from a slow archive."""
    if item_id not in ITEMS:
        abort(404)
    time.sleep(random.gammavariate(2, 0.15 if item_id == ARCHIVED else 0.001))
    return {"item": item_id, "price": 5 * item_id}


@app.post("/reservations")
def reserve() -> tuple[dict[str, Any], int]:
    """Take an item off its shelf: one is sold out, and one shelf is being counted anew."""
    wanted = request.get_json()["item"]
    time.sleep(random.gammavariate(2, 0.002))  # the way to the shelf
    if wanted == SOLD_OUT:
        abort(409)
    if wanted == RECOUNTED:
        abort(503)
    return {"reserved": wanted}, 201


app = service.instrument(app)

if __name__ == "__main__":
    serve_wsgi(app)
