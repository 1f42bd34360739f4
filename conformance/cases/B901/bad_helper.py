from opentelemetry.metrics import get_meter
from opentelemetry.semconv._incubating.metrics.db_metrics import create_db_client_operation_duration

meter = get_meter("shop")

asked = create_db_client_operation_duration(meter)

# expect: NF-B901 6:9-6:51 W
