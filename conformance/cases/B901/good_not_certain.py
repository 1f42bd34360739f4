from opentelemetry.metrics import get_meter

meter = get_meter("shop")

wait = meter.create_histogram("shop.wait", unit="s", description="Wait.", **options)
