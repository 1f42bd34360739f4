from opentelemetry.metrics import get_meter

meter = get_meter("shop")

share = meter.create_gauge("shop.pool.utilization", unit="%", description="Pool in use.")

# expect: NF-U208 5:58-5:61 W
