from opentelemetry.metrics import get_meter

meter = get_meter("shop")
# Renamed within the conventions (R801), not moved out of them.
messages = meter.create_counter(
    "messaging.publish.messages", unit="{message}", description="Messages sent."
)
