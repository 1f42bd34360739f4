import socket

from opentelemetry.metrics import get_meter

meter = get_meter("shop")
orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
HOST = socket.gethostname()

orders.add(1, {"host.name": HOST, "process.pid": 17})

# expect: NF-A510 9:16-9:27 W
# expect: NF-A510 9:35-9:48 W
