from opentelemetry.metrics import get_meter

meter = get_meter("shop")

size = meter.create_histogram("shop.payload.size", unit="By", description="Payloads' sizes.")
rate = meter.create_gauge("shop.bytes_per_second", unit="By/s", description="Rate.")
days = meter.create_counter("shop.open_days", unit="{day}", description="Days open.")
least = meter.create_gauge("shop.price.min", unit="{cent}", description="Least price.")
articles = meter.create_counter("shop.kb", unit="{article}", description="Knowledge base.")
