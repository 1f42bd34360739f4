from opentelemetry.metrics import get_meter

meter = get_meter("shop")


def setup(kind):
    if kind == "mail":
        name, unit = "shop.mails", "{mail}"
    else:
        name, unit = "shop.letters", "{letter}"
    meter.create_counter(name, unit=unit, description="What was sent.")
    meter.create_counter("shop.sent" if kind else "shop.lost", unit="{thing}", description="All.")
