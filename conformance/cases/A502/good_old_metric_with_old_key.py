from opentelemetry.metrics import get_meter

meter = get_meter("shop")
usage = meter.create_up_down_counter(
    "db.client.connections.usage", unit="{connection}", description="Connections in use."
)
# The metric is told as old (R801): its attributes go with it.
usage.add(1, {"db.client.connections.state": "idle", "db.client.connections.pool.name": "main"})
