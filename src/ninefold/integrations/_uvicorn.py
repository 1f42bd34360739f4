"""uvicorn: tells when it has answered its last request, where no lifespan does.

Told to end by a signal, it restores the handler that it found and raises the signal again from
within its event loop. The application was loaded after its own handler was set, so as a rule that
is the default one: the process dies on the spot, and neither `atexit` nor a handler of ours runs.
"""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable
from typing import Any

_MARK = "_ninefold"


def before_its_end(flush: Callable[[], Awaitable[None]]) -> None:
    """Have `flush` awaited by the uvicorn server that handles SIGTERM, if one does, at its end.

    Only the server object itself knows that moment: its `shutdown`, which returns when the last
    request was answered. Nothing is changed in the class, and a second time changes nothing.
    """
    server: Any = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    if not any(_is_uvicorns(kind) for kind in type(server).__mro__):
        return
    shutdown = server.shutdown
    if hasattr(shutdown, _MARK):
        return

    async def flushing(*args: Any, **kwargs: Any) -> None:
        try:
            await shutdown(*args, **kwargs)
        finally:
            await flush()

    setattr(flushing, _MARK, True)
    server.shutdown = flushing


def _is_uvicorns(kind: type) -> bool:
    return kind.__name__ == "Server" and kind.__module__.partition(".")[0] == "uvicorn"
