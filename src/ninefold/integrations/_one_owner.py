"""One owner per application: contrib's instrumentation of it is switched off, and FastAPI's own."""

from __future__ import annotations

import logging
import sys
from typing import Any

_log = logging.getLogger("ninefold.integrations")


def take_over(module: str, instrumentor: str, app: Any) -> None:
    """Have contrib's instrumentor let go of `app`, if it holds it.

    Two instrumentations would give two server spans and count every request twice. Nothing is
    imported: what is not loaded holds nothing.
    """
    loaded = sys.modules.get(module)
    if loaded is None or not getattr(app, "_is_instrumented_by_opentelemetry", False):
        return
    try:
        getattr(loaded, instrumentor).uninstrument_app(app)
    except Exception:  # noqa: BLE001 - a version that cannot let go: said, not raised
        _log.warning(
            "%s is instrumented by %s too, which cannot be switched off: its requests are counted"
            " twice; remove that instrumentation",
            type(app).__name__,
            module,
        )
        return
    _log.info("took over %s from %s: one owner per application", type(app).__name__, module)


def keep(app: Any) -> None:
    """Have contrib leave `app` alone from now on: this is the mark by which it knows its own."""
    app._is_instrumented_by_opentelemetry = True


def silence(app: Any) -> None:
    """Switch FastAPI's own telemetry off; any other application is left as it is.

    From 0.165 on FastAPI makes a server span and records `http.server.request.duration` by itself
    as soon as a global provider is set, wherever it is mounted: every request would count twice.
    """
    settings = getattr(app, "_telemetry", None)
    fastapi = sys.modules.get("fastapi")
    if fastapi is not None and isinstance(app, fastapi.FastAPI) and isinstance(settings, dict):
        settings["tracing"] = False
        settings["metrics"] = False
