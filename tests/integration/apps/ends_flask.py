"""A Flask application that answers; with ninefold unless the variable BARE says otherwise."""

from __future__ import annotations

import os

from flask import Flask

app = Flask(__name__)


@app.get("/")
def home() -> str:
    """Answer."""
    return "served"


if "BARE" not in os.environ:
    import ninefold as nf

    app = nf.setup("ends").instrument(app)
