from opentelemetry.metrics import get_meter

meter = get_meter("ray.dashboard")

events = meter.create_counter("ray_events", unit="{event}", description="Events received.")
