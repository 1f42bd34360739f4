from opentelemetry.metrics import get_meter

meter = get_meter("shop")

logins = meter.create_counter("shop.logins", unit="{login}", description="Logins.")
logins.add(1, {"shop.login_method": "password", "shop.channel": "email"})
