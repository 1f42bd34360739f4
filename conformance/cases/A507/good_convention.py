from opentelemetry.metrics import get_meter

meter = get_meter("shop")

faults = meter.create_counter("system.paging.faults", unit="{fault}", description="Faults.")
faults.add(1, {"system.paging.fault.type": kind})
