from opentelemetry.metrics import get_meter

meter = get_meter("shop")

mine = meter.create_counter("otel.shop.orders", unit="{order}", description="Orders placed.")

# expect: NF-N104 5:29-5:47 W
