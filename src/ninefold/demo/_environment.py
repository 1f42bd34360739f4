"""The environment that the storefront's services are given, and who gets their spans by it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from ninefold.demo._address import LOOPBACK

# A user's settings for a service of theirs must not rename these two, give both one port, or hide
# their /metrics or what /healthz tells to who asks from this machine.
_LEFT_OUT: Final = frozenset(
    (
        "NINEFOLD_ADMIN",
        "NINEFOLD_ENVIRONMENT",
        "NINEFOLD_EXCLUDE",
        "NINEFOLD_HEALTH",
        "NINEFOLD_METRICS_PATH",
        "NINEFOLD_PROMETHEUS",
        "NINEFOLD_SERVICE_VERSION",
        "OTEL_SERVICE_NAME",
    )
)
_ENDPOINTS: Final = (
    "NINEFOLD_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "NINEFOLD_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
)
_EXPORTERS: Final = ("NINEFOLD_TRACES_EXPORTER", "OTEL_TRACES_EXPORTER")


def destination(environ: Mapping[str, str]) -> str | None:
    """Where the user's own settings send spans, as a sentence; None where they do not say."""
    for variable in _EXPORTERS:
        if environ.get(variable, "") not in ("", "otlp"):
            return f"Spans go to {environ[variable]}, as {variable} says."
    for variable in _ENDPOINTS:
        if environ.get(variable):
            # A user's name and password may stand before the host.
            where = urlsplit(environ[variable])
            host = where.netloc.rpartition("@")[2] or environ[variable]
            return f"Spans and metrics go to {host} as well, as {variable} says."
    return None


def environment(
    environ: Mapping[str, str],
    *,
    service: str,
    port: int,
    inventory: str = "",
    traces_to: str | None = None,
) -> dict[str, str]:
    """What `service` is started with; `traces_to` is our own receiver, if spans are to go there."""
    given = {key: value for key, value in environ.items() if key not in _LEFT_OUT}
    # Calls between the two stay on this machine, whatever proxy the world is behind.
    around = ",".join(filter(None, (_no_proxy(environ), LOOPBACK)))
    given |= {
        "NINEFOLD_CONFIG": os.devnull,
        "NINEFOLD_SERVICE_NAME": service,
        "NO_PROXY": around,
        "no_proxy": around,
        "PORT": str(port),
    }
    if inventory:
        given["INVENTORY_URL"] = inventory
    if traces_to is not None:
        given |= {
            "OTEL_BSP_SCHEDULE_DELAY": "1000",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": traces_to,
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
            "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION": "none",
            # What it shows is any request, and not a sample.
            "NINEFOLD_SAMPLING_TARGET_PER_S": "inf",
        }
    return given


def _no_proxy(environ: Mapping[str, str]) -> str:
    return environ.get("no_proxy") or environ.get("NO_PROXY") or ""
