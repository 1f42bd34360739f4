"""A Flask shop, instrumented by one call: routes that succeed, fail, nest and stream."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Flask, Response, abort, redirect

import ninefold as nf

service = nf.setup("shop", version="1.4.2", environment="test", owner="tests", prometheus=True)
app = Flask(__name__)


@app.get("/")
def home() -> dict[str, str]:
    """Answer at once."""
    return {"shop": "open"}


@app.get("/items/<int:item_id>")
def item(item_id: int) -> dict[str, int]:
    """Answer; an item above 100 does not exist."""
    if item_id > 100:
        abort(404)
    return {"item": item_id}


@app.get("/old")
def old() -> Response:
    """Answer with another address."""
    return redirect("/")


@app.get("/broken")
def broken() -> Response:
    """Fail without an answer of its own."""
    raise RuntimeError("the till is empty")


@app.get("/feed")
def feed() -> Response:
    """Answer in pieces."""

    def pieces() -> Iterator[bytes]:
        for _ in range(3):
            yield b"piece"

    return Response(pieces())


lines = Blueprint("lines", __name__, url_prefix="/<order_id>/lines")


@lines.post("/<int:line>")
def add_line(order_id: str, line: int) -> tuple[dict[str, int], int]:
    """Answer from a blueprint in a blueprint."""
    return {order_id: line}, 201


orders = Blueprint("orders", __name__, url_prefix="/v1/orders")
orders.register_blueprint(lines)
app.register_blueprint(orders)
app = service.instrument(app)
