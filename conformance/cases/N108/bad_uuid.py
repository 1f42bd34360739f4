from prometheus_client import Gauge


import uuid

level = Gauge("level_" + str(uuid.uuid4()), "Filling.")

# expect: NF-N108 6:15-6:43 W
