import petrol
from opentelemetry.metrics import get_meter

meter = get_meter("shop")
level = petrol.create_gauge("in the tank")
