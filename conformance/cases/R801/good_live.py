from opentelemetry.metrics import get_meter

meter = get_meter("shop")
# Was renamed once, and lives again.
time = meter.create_counter("system.cpu.time", unit="s", description="Seconds on each processor.")
