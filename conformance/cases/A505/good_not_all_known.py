from opentelemetry.metrics import get_meter

meter = get_meter("shop")
duration = meter.create_histogram(
    "http.server.request.duration", unit="s", description="Duration of requests."
)

def done(seconds: float, attributes: dict[str, str]) -> None:
    # What else is in `attributes` is not known here.
    duration.record(seconds, {"http.request.method": "GET", **attributes})
    duration.record(seconds, attributes)
