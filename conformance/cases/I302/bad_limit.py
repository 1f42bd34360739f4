from opentelemetry.metrics import get_meter

meter = get_meter("shop")

limit = meter.create_counter("shop.pool.limit", unit="{worker}", description="Most workers.")
usage = meter.create_counter("shop.pool.usage", unit="{worker}", description="Busy workers.")

# expect: NF-I302 5:9-5:94 I
# expect: NF-I302 6:9-6:94 I
