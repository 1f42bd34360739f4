from prometheus_client import Counter

runs = Counter("shop_runs_total", "Runs of a job.", ["job", "__kind"])
sizes = Counter("shop_sizes_total", "Sizes seen.", labelnames=("le",))

# expect: NF-A506 3:54-3:59 E
# expect: NF-A506 3:61-3:69 E
# expect: NF-A506 4:64-4:68 E
