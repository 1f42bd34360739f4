from opentelemetry.metrics import get_meter

meter = get_meter("shop")

import os  # noqa: F401
import sys  # noqa

TEXT = "# noqa: NF-U202 is how one accepts it"
