from opentelemetry.metrics import get_meter

meter = get_meter("shop")

slow = meter.create_counter("http.server.slow", unit="{request}", description="Slow ones.")

# expect: NF-N104 5:29-5:47 W
