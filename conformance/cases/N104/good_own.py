from opentelemetry.metrics import get_meter

meter = get_meter("shop")

slow = meter.create_counter("shop.http.slow", unit="{request}", description="Slow ones.")
