"""The end of this process: what is held goes out before it, however it comes.

By itself it comes with `atexit`. A SIGTERM that nobody handles would kill the process with nothing
of ours run, so it is handled, and raised again once everything is out: the exit status stays. A
child of `multiprocessing` and of Celery's pool ends without `atexit`, and has a place of its own.
"""

from __future__ import annotations

import _thread
import atexit
import os
import signal
import sys
import threading
import time
import weakref
from contextlib import suppress
from typing import Protocol

from ninefold.telemetry._fork import restart_after_fork

_PRIORITY = -1000
"""After `multiprocessing`'s own finalizers, which bring the child's results to its parent."""


class Ending(Protocol):
    """What is brought to its end with the process."""

    @property
    def in_use(self) -> bool:
        """Whether there is anything that could be lost."""
        ...

    @property
    def patience(self) -> float:
        """How many seconds the end may take."""
        ...

    def end(self) -> None:
        """Bring it to its end, in bounded time; a second call does nothing."""
        ...


class Exit:
    """Ends what was added, once, when the process ends."""

    def __init__(self) -> None:
        # Replaced as a whole: a signal handler may look at any moment.
        self._endings: tuple[weakref.ref[Ending], ...] = ()
        self._lock = threading.Lock()
        self._registered = False
        self._joined = False
        self._ending = False
        self._signalled = False

    @property
    def is_ending(self) -> bool:
        """Whether the end has begun: by a SIGTERM that is ours to handle, or as Python exits."""
        return self._signalled or self._ending

    def add(self, ending: Ending) -> None:
        """Have `ending` ended with the process, which holds it weakly.

        Called by setup(): that is in the main thread, as a rule the only place of ours that is, and
        before a server takes the signal for itself. Its handler simply replaces ours.
        """
        self._endings = (*self._others(ending), weakref.ref(ending))
        if not self._registered:
            self._registered = True
            atexit.register(self._finish)
            restart_after_fork(self)
        self._handle_signal()

    def remove(self, ending: Ending) -> None:
        """Forget `ending`: it has ended."""
        self._endings = self._others(ending)
        if not self._endings and _in_main_thread():
            with suppress(ValueError):
                if signal.getsignal(signal.SIGTERM) == self._on_signal:
                    signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def join(self) -> None:
        """Find those who end this process without `atexit`, once there is something to lose.

        Neither is imported by us: where it ends this process it is there already.
        """
        if self._joined:
            return
        self._joined = True
        if "multiprocessing.util" in sys.modules:
            from multiprocessing import parent_process, util

            if parent_process() is not None:
                util.Finalize(None, self._finish, exitpriority=_PRIORITY)
        celery = sys.modules.get("celery.signals")
        if celery is not None:
            celery.worker_process_shutdown.connect(
                self._worker_ends, weak=False, dispatch_uid="ninefold"
            )

    def restart(self) -> None:
        """Begin again in a forked child: its end is another one, its handler the same."""
        self._lock = threading.Lock()
        self._joined = self._ending = self._signalled = False

    def _others(self, ending: Ending) -> tuple[weakref.ref[Ending], ...]:
        return tuple(one for one in self._endings if one() not in (None, ending))

    def _present(self) -> list[Ending]:
        return [ending for one in self._endings if (ending := one()) is not None]

    def _handle_signal(self) -> None:
        # Windows ends a process without asking it.
        if os.name != "nt" and _in_main_thread():
            # A subinterpreter cannot handle signals, and says so by ValueError.
            with suppress(ValueError):
                if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
                    signal.signal(signal.SIGTERM, self._on_signal)

    def _on_signal(self, number: int, frame: object) -> None:
        """Let the main thread end: what it was just doing may hold a lock that a flush wants."""
        # From here on as without us: a second signal ends the process at once.
        signal.signal(number, signal.SIG_DFL)
        if self._ending:
            self._signalled = True
            return
        in_use = [ending for ending in self._present() if ending.in_use]
        if not in_use:
            signal.raise_signal(number)
            return
        self._signalled = True
        # threading.Thread takes locks of its own, which the main thread may hold at this moment.
        with suppress(RuntimeError):
            _thread.start_new_thread(self._insist, (max(one.patience for one in in_use),))
        raise SystemExit(128 + number)

    def _insist(self, seconds: float) -> None:
        """End the process though its main thread caught the exception, or is still unwinding."""
        time.sleep(seconds)
        self._end()
        os.kill(os.getpid(), signal.SIGTERM)

    def _end(self) -> None:
        self._ending = True
        with self._lock:
            for ending in self._present():
                ending.end()

    def _worker_ends(self, **_: object) -> None:
        self._end()

    def _finish(self) -> None:
        self._end()
        if self._signalled:
            # Process 1 of a container is not killed by this; it ends with 143, which says the same.
            signal.raise_signal(signal.SIGTERM)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


# A process ends once, and has one handler of each signal.
process_exit = Exit()
