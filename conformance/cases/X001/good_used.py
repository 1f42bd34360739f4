from opentelemetry.metrics import get_meter

meter = get_meter("shop")

wait = meter.create_histogram("shop.wait", unit="ms")  # noqa: NF-U205, NF-D601
more = meter.create_histogram("shop.more", unit="ms")  # ninefold: ignore reason=old dashboards
