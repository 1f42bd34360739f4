from opentelemetry.metrics import get_meter

meter = get_meter("shop")

OPTIONS = load()
orders = meter.create_counter("shop.orders", **OPTIONS)
took = meter.create_histogram("http.server.request.duration")
