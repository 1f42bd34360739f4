"""Tells whether the server of this process was told to end, while it still answers."""

from __future__ import annotations

import signal
from typing import Any

__all__ = ["is_server_ending"]


def is_server_ending() -> bool:
    """Whether who handles SIGTERM here, uvicorn or a worker of gunicorn, has been told to end.

    Both note it on the object whose method is the handler, and go on until the last request is
    answered. Read, never set: whose signal it is handles it.
    """
    owner: Any = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    if owner is None:
        return False
    return getattr(owner, "should_exit", False) is True or getattr(owner, "alive", True) is False
