from opentelemetry.metrics import get_meter

meter = get_meter("shop")

share = meter.create_gauge("shop.pool.utilization", unit="1", description="Pool in use.")
