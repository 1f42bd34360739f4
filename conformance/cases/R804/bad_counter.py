from opentelemetry.metrics import get_meter

meter = get_meter("shop")
active = meter.create_counter(
    "http.server.active_requests", unit="{request}", description="Requests in progress."
)

# expect: NF-R804 5:5-5:34 E
