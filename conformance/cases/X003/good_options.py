from prometheus_client import Counter


def orders(**options):
    return Counter("shop_orders_total", "Orders placed.", **options)
