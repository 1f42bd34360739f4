from opentelemetry.metrics import get_meter

meter = get_meter("shop")
tokens = meter.create_histogram(
    "assistant.tokens", unit="{token}", description="Tokens used."
)
