from opentelemetry.metrics import get_meter

meter = get_meter("shop")

left = meter.create_gauge("shop.certificate.expiry", unit="d", description="Days left.")
