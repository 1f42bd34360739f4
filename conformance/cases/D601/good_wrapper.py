from opentelemetry.metrics import get_meter

meter = get_meter("shop")


def counter(name, description):
    return meter.create_counter(name, unit="{thing}", description=description)


def orders(prefix):
    return counter(f"{prefix}.orders", "Orders placed.")
