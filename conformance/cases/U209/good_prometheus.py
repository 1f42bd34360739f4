from prometheus_client import Counter


sent = Counter("shop_sent_bytes_total", "Sent.")
