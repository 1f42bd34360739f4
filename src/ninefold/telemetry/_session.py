"""The HTTP session of OTLP exporters, which trusts the certificate that it was told to trust."""

from __future__ import annotations

from typing import Any

import requests


class TrustingSession(requests.Session):
    """A session whose own `verify` wins over the environment.

    Of requests' sessions `REQUESTS_CA_BUNDLE` and `CURL_CA_BUNDLE` win, and newer exporters hand
    the certificate to the session: `OTEL_EXPORTER_OTLP_CERTIFICATE` would have no effect.
    """

    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        """The settings of one request."""
        chosen = self.verify if verify is None else verify
        return super().merge_environment_settings(url, proxies, stream, chosen, cert)
