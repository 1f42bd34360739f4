"""Real threads, which every export needs: without them it hangs, or is lost at the end."""

from __future__ import annotations

import sys
from typing import Final

from ninefold.errors import ConfigurationError

PATCHED: Final = (
    "gevent has replaced this process's threads, under which exports hang the server or are lost at"
    " its end; serve with threads (gunicorn -k gthread), or set OTEL_SDK_DISABLED=true"
)


def are_patched() -> bool:
    """Whether gevent has put its own in the place of threads; it is loaded if it has."""
    monkey = sys.modules.get("gevent.monkey")
    return monkey is not None and bool(monkey.is_module_patched("threading"))


def require_threads() -> None:
    """Raise `ConfigurationError` where threads are none."""
    if are_patched():
        raise ConfigurationError(PATCHED)
