from opentelemetry.metrics import get_meter

meter = get_meter("shop")

LONG = "a_name_of_forty_characters_for_one_part_"
PARTS = [LONG, LONG, LONG, LONG, LONG, LONG, LONG]
orders = meter.create_counter("shop." + ".".join(PARTS), unit="{order}", description="Orders.")

# expect: NF-N101 7:31-7:56 E
