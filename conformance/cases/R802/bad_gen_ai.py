from opentelemetry.metrics import get_meter

meter = get_meter("shop")
tokens = meter.create_histogram(
    "gen_ai.client.token.usage", unit="{token}", description="Tokens used."
)

# expect: NF-R802 5:5-5:32 I
