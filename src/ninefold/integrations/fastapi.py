"""FastAPI: as Starlette, and FastAPI's own telemetry off, so that there is one owner.

From 0.165 on FastAPI makes a server span and records `http.server.request.duration` by itself as
soon as a global provider is set: beside ours every request would count twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.applications import Starlette

from ninefold.integrations import starlette

if TYPE_CHECKING:
    from ninefold.integrations._protocol import Host


def _own_telemetry_off(app: Starlette) -> None:
    settings = getattr(app, "_telemetry", None)
    if isinstance(app, FastAPI) and isinstance(settings, dict):
        settings["tracing"] = False
        settings["metrics"] = False


class _FastApi:
    """Instruments a FastAPI application in place."""

    def instrument(self, target: FastAPI, host: Host) -> FastAPI:
        """Instrument in place and return it; a second time changes nothing."""
        starlette.instrument(target, host, _own_telemetry_off)
        return target


integration = _FastApi()
