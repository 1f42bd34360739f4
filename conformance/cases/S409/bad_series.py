from opentelemetry.metrics import get_meter

meter = get_meter("shop")
wait = meter.create_histogram("shop.wait", description="How often one waits.", unit="{wait}")
count = meter.create_up_down_counter("shop.wait.count", "{wait}", "Those who wait.")

# expect: NF-S409 5:38-5:55 E
