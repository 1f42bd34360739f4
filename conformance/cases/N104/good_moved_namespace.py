from opentelemetry.metrics import get_meter

meter = get_meter("assistant")

agents = meter.create_histogram(
    "gen_ai.invoke_agent.duration",
    unit="s",
    description="How long an agent took.",
    explicit_bucket_boundaries_advisory=[0.1, 1, 10, 100],
)
