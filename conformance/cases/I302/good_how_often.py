from opentelemetry.metrics import get_meter

meter = get_meter("shop")

uses = meter.create_counter("shop.transport.usage", unit="1", description="How often it is used.")
