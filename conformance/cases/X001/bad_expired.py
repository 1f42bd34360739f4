# check: today = "2026-11-27"
from opentelemetry.metrics import get_meter

meter = get_meter("shop")

wait = meter.create_histogram("shop.wait", unit="ms")  # ninefold: ignore until=2026-01-31
more = meter.create_histogram("shop.more", unit="ms")  # ninefold: ignore[NF-U205] until=soon
none = meter.create_histogram("shop.none", unit="s")  # noqa: NF-Z999

# expect: NF-X001 6:56-6:91 W
# expect: NF-X001 7:56-7:94 W
# expect: NF-X001 8:55-8:70 W
