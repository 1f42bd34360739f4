from opentelemetry.metrics import get_meter

meter = get_meter("shop")

one = meter.create_histogram("shop.payload", unit="By", description="Sizes of payloads.")
