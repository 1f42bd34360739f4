from opentelemetry.metrics import get_meter

meter = get_meter("shop")

pods = meter.create_up_down_counter("k8s.pod.phase", unit="{pod}", description="Phases.")
