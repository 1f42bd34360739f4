from opentelemetry.metrics import get_meter

meter = get_meter("shop")
# Who watches pods speaks of other pods than its own.
restarts = meter.create_counter(
    "k8s.pod.oom.count", unit="{kill}", description="Kills for want of memory."
)
restarts.add(1, {"k8s.pod.name": "shop-1"})
