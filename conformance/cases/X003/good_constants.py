from opentelemetry.metrics import get_meter

meter = get_meter("shop")

from enum import StrEnum


class Names(StrEnum):
    ORDERS = "shop.orders"


class Old:
    PREFIX = "shop"


one = meter.create_counter(Names.ORDERS, unit="{order}", description="Orders placed.")
two = meter.create_counter(Names.ORDERS.value, unit="{order}", description="Orders placed.")
three = meter.create_counter("%s.carts" % Old.PREFIX, unit="{cart}", description="Carts.")
four = meter.create_counter("{}.{kind}".format("shop", kind="calls"), "{call}", "Calls.")
