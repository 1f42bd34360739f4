from opentelemetry.metrics import get_meter

meter = get_meter("shop")


class Shop:
    def __init__(self):
        self.carts = meter.create_up_down_counter("shop.cart.count", "{cart}", "Carts.")

    def opened(self, channel):
        self.carts.add(1, attributes={"shop.channel": channel, "shop.kind": "gift"})

    def closed(self, channel):
        self.carts.add(-1, attributes={"shop.channel": channel})

# expect: NF-I305 14:9-14:65 W
