from opentelemetry.metrics import get_meter

meter = get_meter("shop")

took = meter.create_histogram("http.server.duration", unit="ms", description="R801 says it.")
