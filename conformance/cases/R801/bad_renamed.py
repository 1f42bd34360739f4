from opentelemetry.metrics import get_meter

meter = get_meter("shop")
duration = meter.create_histogram(
    "http.server.duration", unit="ms", description="Duration of requests."
)
idle = meter.create_up_down_counter(
    "db.client.connections.max", unit="{connection}", description="Connections allowed."
)

# expect: NF-R801 5:5-5:27 E
# expect: NF-R801 8:5-8:32 E
