from opentelemetry.metrics import get_meter

meter = get_meter("shop")

active = meter.create_up_down_counter("http.server.active_requests", unit="{requests}")
