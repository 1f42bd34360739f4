from prometheus_client import Counter


import uuid

orders = Counter("shop_orders_total", "Orders placed.", ["kind", "what"])
orders.labels(str(uuid.uuid4()), "a").inc()
orders.labels(kind=request.url.path, what=f"user-{user_id}").inc()
try:
    work()
except ValueError as error:
    orders.labels("a", what=str(error)).inc()

# expect: NF-A507 7:15-7:32 E
# expect: NF-A507 8:20-8:36 W
# expect: NF-A507 8:43-8:60 E
# expect: NF-A507 12:29-12:39 W
