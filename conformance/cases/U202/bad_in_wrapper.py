from opentelemetry.metrics import get_meter

meter = get_meter("shop")


def counter(name, unit="bytes"):
    return meter.create_counter(f"shop.{name}", unit=unit, description="Sent.")


sent = counter("sent")

# expect: NF-U202 6:24-6:31 E
