"""gunicorn: has a service begin in each worker, right before that serves.

A WSGI server has no start-up that an application sees. Without this the admin port would answer
from the first request on, which an orchestrator sends nobody before the admin port has answered.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

__all__ = ["start_with_workers"]

_HOOK: Final = "post_worker_init"
_MARK: Final = "_ninefold"


def start_with_workers(start: Callable[[], None]) -> None:
    """Have `start`, which never raises, called in every worker of the gunicorn that loads this.

    Its own hook for that is used, around whatever the deployment has there; with `preload_app` it
    is the arbiter that loads, and its workers that call it. Elsewhere, and a second time, nothing
    is done.
    """
    config = _config()
    if config is None:
        return
    before: Callable[[Any], object] = config.post_worker_init
    if hasattr(before, _MARK):
        return

    def begin(worker: Any) -> None:
        before(worker)
        start()

    setattr(begin, _MARK, True)
    config.set(_HOOK, begin)


def _config() -> Any:
    """The configuration of the gunicorn that loads the application now, if one does."""
    if "gunicorn.arbiter" not in sys.modules:
        return None
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if str(frame.f_globals.get("__name__", "")).startswith("gunicorn."):
            config = getattr(frame.f_locals.get("self"), "cfg", None)
            if callable(getattr(config, _HOOK, None)) and callable(getattr(config, "set", None)):
                return config
        frame = frame.f_back
    return None
