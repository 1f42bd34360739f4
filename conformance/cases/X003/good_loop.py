from enum import Enum

from opentelemetry.metrics import get_meter

meter = get_meter("shop")
KINDS = ["late"]
KINDS.append("lost")


class Queue(Enum):
    MAIL = "mail"
    PRINT = "print"


for name, text in {"shop.orders": "Orders placed.", "shop.carts": "Carts filled."}.items():
    meter.create_counter(name, unit="{thing}", description=text)
for queue in Queue:
    meter.create_gauge(f"shop.queue.{queue.value}", unit="{message}", description="What waits.")
late = [meter.create_counter(f"shop.{kind}", "{order}", "Orders so.") for kind in KINDS]
