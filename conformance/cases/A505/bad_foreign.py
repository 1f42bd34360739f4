from opentelemetry.metrics import get_meter

meter = get_meter("shop")
duration = meter.create_histogram(
    "http.server.request.duration", unit="s", description="Duration of requests."
)
duration.record(
    0.2,
    {
        "http.request.method": "GET",
        "url.scheme": "https",
        "tenant": "acme",
        "client.port": 4711,
    },
)

# expect: NF-A505 12:9-12:17 W
# expect: NF-A505 13:9-13:22 I
