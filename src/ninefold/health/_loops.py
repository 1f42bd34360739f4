"""Where coroutines run: on the application's event loop while it has one, else on one of ours."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context
from typing import TYPE_CHECKING, Any

from ninefold.health._ending import Endings
from ninefold.health._model import Check, Probed

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Task


class Awaited:
    """One probe on an event loop, which begins it, or does not if it was called off before.

    `ended` and `expired` are called on the loop: with how it ended, or with None where it never
    began; and when it was cancelled because its time was over.
    """

    def __init__(
        self,
        check: Check,
        timeout: float,
        loop: AbstractEventLoop,
        clock: Callable[[], float],
        endings: Endings,
        *,
        ended: Callable[[Probed | None], None],
        expired: Callable[[], None],
    ) -> None:
        self.loop = loop
        self._check = check
        self._timeout = timeout
        self._clock = clock
        self._endings = endings
        self._ended = ended
        self._expired = expired
        # Taken once, and never given back: by the loop to begin, or by who calls it off.
        self._first = threading.Lock()
        self._task: Task[None] | None = None
        self.ignores_its_end = False

    def begin(self) -> None:
        """Have it begin on its loop. Raises `RuntimeError` where the loop is closed."""
        # In a context of its own: a check is no part of a request, nor of its trace.
        self.loop.call_soon_threadsafe(self._begin, context=Context())

    def expire(self) -> bool:
        """Have it end, as its time is over; whether it had begun."""
        if self._first.acquire(blocking=False):
            return False
        with suppress(RuntimeError):  # the loop is closed: `is_lost` tells
            self.loop.call_soon_threadsafe(self._cancel)
        return True

    def holds_its_loop(self) -> bool:
        """Whether it is what blocks its loop, as it does not await what it waits for."""
        from asyncio import current_task

        task = self._task
        return task is not None and current_task(self.loop) is task

    def is_lost(self, current: AbstractEventLoop | None) -> bool:
        """Whether it never goes on: its loop is closed, or was left for the `current` one."""
        if self.loop.is_closed():
            return True
        if self.loop is current:
            return False
        return not self.loop.is_running() or not self.holds_its_loop()

    def _begin(self) -> None:
        if not self._first.acquire(blocking=False):
            self._ended(None)
            return
        self._task = self.loop.create_task(self._run(), name="ninefold-check")

    async def _run(self) -> None:
        from asyncio import CancelledError, current_task

        at = self._clock()
        try:
            running: Any = self._check.run(self._timeout)
            result = await running
            probed = self._endings.gave(result, at, self._clock() - at)
        except GeneratorExit:  # its loop has gone, and nothing is left that could await
            raise
        except BaseException as error:  # also SystemExit, which would end the application's loop
            task = current_task()
            if isinstance(error, CancelledError) and task is not None and task.cancelling():
                # By us, then it is late anyway; or by the application, whose loop is ending.
                self._ended(Probed(at, self._clock() - at, "cancelled"))
                raise
            probed = self._endings.raised(error, at, self._clock() - at)
        self._ended(probed)

    def _cancel(self) -> None:
        task = self._task
        if task is not None and not task.done():
            self.ignores_its_end = True  # unless it says that it ended
            task.cancel()
            self._expired()


class Loops:
    """Which loop a coroutine is to run on; our own is made when it is first needed.

    Used by one thread. Our own loop has one daemon thread; a check that blocks it keeps it, and
    the others go on on a new one.
    """

    def __init__(self, given: Callable[[], AbstractEventLoop | None]) -> None:
        self._given = given
        self._own: AbstractEventLoop | None = None

    def current(self) -> AbstractEventLoop:
        """The application's loop, or else our own. Raises what asking for the first raises."""
        given = self._given()
        if given is not None:
            return given
        if self._own is None:
            self._own = _started()
        return self._own

    def leave(self, loop: AbstractEventLoop) -> None:
        """Use `loop` no longer if it is our own, as it is blocked."""
        if loop is self._own:
            self.end()

    def end(self) -> None:
        """Have our own loop end, when what runs on it has been cancelled."""
        own, self._own = self._own, None
        if own is not None:
            own.call_soon_threadsafe(_end, own)


def _started() -> AbstractEventLoop:
    from asyncio import new_event_loop

    loop = new_event_loop()
    try:
        threading.Thread(
            target=_serve, args=(loop,), name="ninefold-health-loop", daemon=True
        ).start()
    except RuntimeError:
        loop.close()
        raise
    return loop


def _serve(loop: AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()


def _end(loop: AbstractEventLoop) -> None:
    from asyncio import all_tasks

    for task in all_tasks(loop):
        task.cancel()
    loop.call_soon(loop.stop)
