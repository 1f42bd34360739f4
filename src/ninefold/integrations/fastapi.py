"""FastAPI: as Starlette, whose routing it has; `_one_owner` switches its own telemetry off."""

from __future__ import annotations

from ninefold.integrations.starlette import integration

__all__ = ["integration"]
