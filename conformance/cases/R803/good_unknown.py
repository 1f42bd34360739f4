from opentelemetry.metrics import get_meter

meter = get_meter("shop")
def made(unit: str) -> None:
    meter.create_histogram("http.server.request.duration", unit=unit, description="Duration.")
    meter.create_histogram("shop.request.duration", unit="s", description="Duration of ours.")
