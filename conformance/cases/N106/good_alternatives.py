from opentelemetry.metrics import get_meter

meter = get_meter("shop")


def made(legacy):
    if legacy:
        return meter.create_counter("shop.order_lines", unit="{line}", description="Lines.")
    return meter.create_counter("shop.order.lines", unit="{line}", description="Lines.")
