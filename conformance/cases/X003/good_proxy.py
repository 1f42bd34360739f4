from opentelemetry.metrics import Meter


class Proxy(Meter):
    def create_counter(self, name, unit="", description=""):
        return self._real.create_counter(name, unit, description)
