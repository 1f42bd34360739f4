"""A thread that flushes and shuts down one provider, so that all do it at once and in bounded time.

It exists from the start: since Python 3.12 no thread can be started once the interpreter exits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from queue import SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ninefold.registry import Signal
    from ninefold.telemetry._faults import Faults


class Worker:
    """Runs what it is handed, one after the other, on a daemon thread of its own."""

    def __init__(self, signal: Signal, faults: Faults) -> None:
        self.signal: Signal = signal
        self._faults = faults
        self._queue: SimpleQueue[tuple[Callable[[], object], threading.Event] | None] = (
            SimpleQueue()
        )
        self._thread = threading.Thread(target=self._run, name=f"ninefold-{signal}", daemon=True)
        self._thread.start()

    def submit(self, action: Callable[[], object]) -> threading.Event:
        """Have `action` run; the event is set when it ended, well or badly."""
        done = threading.Event()
        self._queue.put((action, done))
        return done

    def stop(self) -> None:
        """Let the thread end after what it was handed before."""
        self._queue.put(None)

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            action, done = item
            try:
                action()
            except Exception as error:  # noqa: BLE001 - a flush that fails is counted
                detail = self._faults.quoted(error)
                self._faults.dropped(self.signal, "export_failed", 1, detail)
            finally:
                done.set()


def wait_all(events: Iterable[threading.Event], timeout: float) -> bool:
    """Wait for all events, `timeout` seconds at most; whether all came."""
    until = monotonic() + timeout
    return all([event.wait(max(0.0, until - monotonic())) for event in events])
