from opentelemetry.metrics import get_meter

meter = get_meter("shop")

tokens = meter.create_counter("shop.tokens", unit="{token}", description="Tokens of models.")
tokens.add(1, {"gen_ai.token.type": "input", "shop.token_type": kind})
