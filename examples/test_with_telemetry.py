"""A test of what a service measures, by the pytest fixture `telemetry`; run it by pytest, or so."""

from __future__ import annotations

import subprocess
import sys

from flask import Flask

import ninefold as nf
from ninefold.testing import CapturedTelemetry

service = nf.setup("inventory", environment="development")
app = Flask("inventory")


@app.get("/stock/<int:item>")
def stock(item: int) -> dict[str, int]:
    return {"item": item, "left": 12 // item}


app = service.instrument(app)


def test_a_failure_is_measured_as_one(telemetry: CapturedTelemetry) -> None:
    """Two requests are answered and one is not; all carry their route."""
    with app.test_client() as client:
        for item in (1, 2, 0):
            client.get(f"/stock/{item}")
    duration = "http.server.request.duration"
    assert telemetry.value(duration, http_route="/stock/<int:item>") == 3
    assert telemetry.value(duration, error_type="500") == 1


if __name__ == "__main__":
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__]
    sys.exit(subprocess.run(command, check=False).returncode)
