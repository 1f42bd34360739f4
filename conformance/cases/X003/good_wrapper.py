from opentelemetry.metrics import get_meter

meter = get_meter("shop")


def counter(name, /, *, unit="{order}"):
    return meter.create_counter(f"shop.{name}", unit=unit, description="Orders.")


one = counter("orders")
two = counter("late_orders", unit="{late_order}")
