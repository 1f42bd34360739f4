from opentelemetry.metrics import get_meter

meter = get_meter("shop")

one = meter.create_histogram("shop.delivery.distance", unit="m", description="Way travelled.")
two = meter.create_gauge("shop.noise", unit="dB", description="Noise.")
three = meter.create_gauge("shop.room.temperature", unit="K", description="Temperature.")
four = meter.create_gauge("shop.link.loss", unit="dB/km", description="Lost on the way.")
five = meter.create_gauge("shop.walk.speed", unit="m/s", description="Speed of a walk.")
