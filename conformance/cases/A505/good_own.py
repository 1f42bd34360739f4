from opentelemetry.metrics import get_meter

meter = get_meter("shop")
duration = meter.create_histogram(
    "http.server.request.duration", unit="s", description="Duration of requests."
)
duration.record(
    0.2, {"http.request.method": "GET", "url.scheme": "https", "shop.tenant": "acme"}
)
