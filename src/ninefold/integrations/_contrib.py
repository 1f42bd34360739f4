"""Whether opentelemetry-instrumentation-… measures a library already: a call has one owner."""

from __future__ import annotations

import logging
import sys

__all__ = ["is_active", "say_so"]

_log = logging.getLogger("ninefold.integrations")


def is_active(package: str, instrumentor: str) -> bool:
    """Whether the package is loaded and its instrumentor at work; nothing is imported to find out.

    >>> is_active("opentelemetry.instrumentation.nothing", "NothingInstrumentor")
    False
    """
    module = sys.modules.get(package)
    if module is None:
        return False
    return bool(getattr(module, instrumentor)().is_instrumented_by_opentelemetry)


def say_so(library: str) -> None:
    """Say that a library's calls are left to the instrumentation that measures them already."""
    _log.warning(
        "%s is measured by opentelemetry-instrumentation-%s already and is left to it;"
        " to have ninefold measure it, switch that off:"
        " OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=%s",
        library,
        library,
        library,
    )
