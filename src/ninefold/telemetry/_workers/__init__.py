"""Many workers, one scrape: whoever of a server's workers is asked answers for all of them."""

from ninefold.telemetry._workers._family import AUTO, OFF
from ninefold.telemetry._workers._siblings import Siblings

__all__ = ["AUTO", "OFF", "Siblings"]
