from opentelemetry.metrics import get_meter

meter = get_meter("shop")
session = meter.create_histogram(
    "mcp.server.session.duration", unit="s", description="Duration of sessions."
)

# expect: NF-R802 5:5-5:34 I
