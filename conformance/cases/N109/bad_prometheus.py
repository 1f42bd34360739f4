# check: backends = ["datadog"]
from prometheus_client import Gauge


ratio = Gauge("shop:orders:ratio", "Orders paid of those placed.")

# expect: NF-N109 5:15-5:34 W
