from opentelemetry.metrics import get_meter

meter = get_meter("shop")

took = meter.create_gauge("shop.import.last_duration", unit="s", description="Of the last.")
total = meter.create_counter("shop.import.duration.total", unit="s", description="Of all.")
