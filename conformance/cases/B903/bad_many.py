from opentelemetry.metrics import get_meter

meter = get_meter("shop")

BOUNDS = [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
    27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50,
    51,
]
wait = meter.create_histogram(
    "shop.wait", unit="s", description="W.", explicit_bucket_boundaries_advisory=BOUNDS
)

# expect: NF-B903 11:82-11:88 W
