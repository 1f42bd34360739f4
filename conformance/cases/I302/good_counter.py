from opentelemetry.metrics import get_meter

meter = get_meter("shop")

spent = meter.create_counter("shop.cpu.time", unit="s", description="Time spent.")
limit = meter.create_up_down_counter("shop.pool.limit", unit="{worker}", description="Most.")
