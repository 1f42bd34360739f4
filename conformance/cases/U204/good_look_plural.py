from opentelemetry.metrics import get_meter

meter = get_meter("shop")

alias = meter.create_counter("shop.aliases", unit="{alias}", description="Aliases made.")
canvas = meter.create_counter("shop.canvases", unit="{canvas}", description="Canvases sold.")
bias = meter.create_counter("shop.biases", unit="{user_bias}", description="Biases seen.")
