"""Spans and metrics through OpenTelemetry's exporters: to the console here, to a Collector alike.

With `OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318`, instead of the line that names the
console, the same goes to a Collector.
"""

from __future__ import annotations

import contextlib
import io
import json
import os

from flask import Flask

os.environ.update(OTEL_TRACES_EXPORTER="console", OTEL_METRICS_EXPORTER="none")

import ninefold as nf

if __name__ == "__main__":
    written = io.StringIO()
    with contextlib.redirect_stdout(written):
        service = nf.setup("inventory", environment="development")
        app = service.instrument(Flask("inventory"))
        app.add_url_rule("/stock/<int:item>", "stock", lambda item: {"item": item, "left": 3})
        with app.test_client().get("/stock/7") as response:
            response.get_data()
        service.shutdown()
    span = json.loads(written.getvalue())
    print(span["name"], span["attributes"])
    assert span["name"] == "GET /stock/<int:item>", span
    assert span["resource"]["attributes"]["service.name"] == "inventory", span
