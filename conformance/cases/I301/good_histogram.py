from opentelemetry.metrics import get_meter

meter = get_meter("shop")

took = meter.create_histogram("shop.import.duration", unit="s", description="Their length.")
