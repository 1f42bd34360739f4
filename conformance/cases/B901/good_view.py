from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.view import ExplicitBucketHistogramAggregation, View

provider = MeterProvider(
    views=[
        View(
            instrument_name="*.duration",
            aggregation=ExplicitBucketHistogramAggregation([0.1, 0.5, 1]),
        )
    ]
)
meter = provider.get_meter("shop")
duration = meter.create_histogram("shop.order.duration", unit="s", description="Time an order took.")
