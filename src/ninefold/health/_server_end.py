"""Tells whether this process, or its server, was told to end while it still answers."""

from __future__ import annotations

import signal
import sys
from typing import Any

from ninefold.telemetry._exit import process_exit

__all__ = ["is_server_ending"]


def is_server_ending() -> bool:
    """Whether this process is coming to its end, and answers the last that is under way.

    uvicorn and gunicorn's workers note it on the object whose method handles SIGTERM, and Celery in
    a module of its own; where none handles it we do. Read, never set: whose signal it is handles
    it. Of servers with other handlers, as hypercorn, this says nothing: those are drained before.
    """
    if process_exit.is_ending:
        return True
    handler = signal.getsignal(signal.SIGTERM)
    server: Any = getattr(handler, "__self__", None)
    for kind in type(server).__mro__:
        match kind.__module__.partition(".")[0], kind.__name__:
            case "uvicorn", "Server":
                return getattr(server, "should_exit", False) is True
            case "gunicorn", "Worker":
                return getattr(server, "alive", True) is False
            case _:
                continue
    if getattr(handler, "__module__", "") == "celery.apps.worker":
        state = sys.modules.get("celery.worker.state")
        said = (getattr(state, name, None) for name in ("should_stop", "should_terminate"))
        return any(each is not None and each is not False for each in said)
    return False
