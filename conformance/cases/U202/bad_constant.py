from opentelemetry import metrics

PERCENT = "percent"
level = metrics.get_meter("shop").create_gauge("shop.level", unit=PERCENT, description="Filling.")

# expect: NF-U202 4:67-4:74 E
