from prometheus_client import Counter


scans = Counter("shop_counterfoil_scans_total", "Counterfoils scanned at the till.")
