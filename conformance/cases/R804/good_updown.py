from opentelemetry.metrics import get_meter

meter = get_meter("shop")
active = meter.create_up_down_counter(
    "http.server.active_requests", unit="{request}", description="Requests in progress."
)
usage = meter.create_observable_gauge(
    "system.memory.utilization", unit="1", description="Share of memory in use."
)
