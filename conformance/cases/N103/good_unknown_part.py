from opentelemetry.metrics import get_meter

meter = get_meter("shop")

from shop.settings import PREFIX

orders = meter.create_counter(PREFIX + "orders", unit="{order}", description="Orders placed.")
