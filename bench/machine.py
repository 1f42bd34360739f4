"""Where a benchmark ran: processor, Python, packages."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

_PACKAGES: Final = (
    "ninefold",
    "fastapi",
    "starlette",
    "flask",
    "werkzeug",
    "pydantic",
    "opentelemetry-api",
    "opentelemetry-sdk",
    "opentelemetry-instrumentation-fastapi",
    "opentelemetry-instrumentation-flask",
    "logfire",
    "prometheus-client",
    "prometheus-fastapi-instrumentator",
    "starlette_exporter",
    "tenacity",
    "stamina",
    "backoff",
    "hyx",
    "pybreaker",
    "aiobreaker",
    "purgatory-circuitbreaker",
    "interlock-cb",
    "pyresilience",
    "fastapi-health",
    "py-healthcheck",
    "django-health-check",
    "django",
    "uvicorn",
    "gunicorn",
    "redis",
    "tornado",
)


def describe() -> dict[str, Any]:
    """The machine, the interpreter and the versions of what was measured."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "load": [round(load, 2) for load in os.getloadavg()],
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "packages": {name: _version(name) for name in _PACKAGES},
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown")


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
