from prometheus_client import Counter



def metrics(prefix):
    return Counter(f"{prefix}_orders_total", "Orders placed.")

# expect: NF-X003 6:20-6:44 I
