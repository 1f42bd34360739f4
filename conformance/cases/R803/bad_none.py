from opentelemetry.metrics import get_meter

meter = get_meter("shop")
duration = meter.create_histogram(
    "http.client.request.duration", description="Duration of requests."
)
active = meter.create_up_down_counter(
    "http.server.active_requests", unit="{requests}", description="Requests in progress."
)

# expect: NF-R803 5:5-5:35 E
# expect: NF-R803 8:41-8:53 E
