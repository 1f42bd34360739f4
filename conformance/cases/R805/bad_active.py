from opentelemetry.metrics import get_meter

meter = get_meter("shop")
active = meter.create_up_down_counter(
    "http.server.active_requests", unit="{request}", description="Requests in progress."
)

# expect: NF-R805 5:5-5:34 I
