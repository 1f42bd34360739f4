"""An end to a driver's blocking call: its socket is shut down when the time is over."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from types import TracebackType

__all__ = ["Cut"]


class Cut:
    """While it is open, the connection `handle` has `seconds` to answer; then its socket ends.

    The blocked call then raises what its driver says of a lost connection, and this makes a
    `TimeoutError` of it; also where the answer came at the last moment, as the connection is lost
    all the same: whoever catches it closes that. The socket is duplicated first, so that no other
    one that gets its number is ever hit. A connection that has no `fileno()` is left alone.
    """

    __slots__ = ("_seconds", "_socket", "_timer", "fired")

    def __init__(self, handle: object, seconds: float) -> None:
        self._seconds = seconds
        self._socket = _duplicate(handle)
        self._timer = threading.Timer(max(seconds, 0.0), self._fire)
        self._timer.daemon = True
        self.fired = False

    def __enter__(self) -> Cut:
        if self._socket is not None:
            self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._socket is None:
            return
        self._timer.cancel()
        self._timer.join()
        self._socket.close()
        if self.fired and (error is None or isinstance(error, Exception)):
            raise TimeoutError(f"no answer within {self._seconds:.3g} seconds") from error

    def _fire(self) -> None:
        self.fired = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


def _duplicate(handle: object) -> socket.socket | None:
    try:
        number = handle.fileno()  # type: ignore[attr-defined]  # asked whether it has one
        copy = os.dup(number)
    except Exception:  # noqa: BLE001 - a driver of any kind; without a number it is left alone
        return None
    try:
        return socket.socket(fileno=copy)
    except OSError:
        os.close(copy)
        return None
