"""One process's thread, which has checks probed when they are due, and tells what they say."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Final, assert_never

from ninefold.core import Runtime
from ninefold.health._ending import Endings
from ninefold.health._loops import Awaited, Loops
from ninefold.health._model import Probed
from ninefold.health._probing import Probing, Run, Target
from ninefold.health._schedule import Agenda, Rhythm, first_due
from ninefold.health._workers import Workers

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

TICK: Final = 1.0
"""Seconds between two ticks, at least."""


class Driver:
    """Probes from `start` until `end`. What befalls the threads that it uses is told to it.

    Other threads only leave notes, which its own thread takes up: it needs no lock.
    """

    def __init__(
        self,
        targets: Iterable[Target],
        *,
        loop: Callable[[], AbstractEventLoop | None],
        tick: Callable[[float], None],
        faults: Callable[[BaseException], None],
        runtime: Runtime,
    ) -> None:
        self._runtime = runtime
        self._tick = tick
        self._faults = faults
        self._endings = Endings()
        self._workers = Workers()
        self._loops = Loops(loop)
        self._agenda = Agenda[Probing]()
        self._probings: dict[Target, Probing] = {}
        self._left: dict[int, Probing] = {}
        self._notes: deque[Callable[[], None]] = deque()
        self._noted = threading.Event()
        self._ended = threading.Event()
        self._first = list(targets)
        self._thread = threading.Thread(target=self._drive, name="ninefold-health", daemon=True)

    @property
    def is_alive(self) -> bool:
        """Whether its thread is at work."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin. Raises `RuntimeError` where no thread is to be had."""
        self._thread.start()

    def end(self, wait: float) -> None:
        """Begin no more and tell no more; `wait` so many seconds for what is being told now."""
        self._ended.set()
        self._noted.set()
        if self._thread is not threading.current_thread():
            self._thread.join(wait)

    def add(self, target: Target) -> None:
        """Probe this one too, from now on."""
        self._note(partial(self._add, target, None))

    def remove(self, target: Target) -> None:
        """Probe it no more."""
        probing = self._probings.get(target)
        if probing is not None:
            probing.gone = True
        self._note(partial(self._remove, target))

    def _note(self, note: Callable[[], None]) -> None:
        self._notes.append(note)
        self._noted.set()

    def _drive(self) -> None:
        clock, wait = self._runtime.clock, self._runtime.wait
        self._guarded(self._begin)
        tick_at = clock()
        while not self._ended.is_set():
            self._noted.clear()
            while self._notes:
                self._guarded(self._notes.popleft())
            now = clock()
            for probing in self._agenda.take(now):
                self._guarded(partial(self._turn, probing, now))
            if now >= tick_at:
                tick_at = now + TICK
                self._guarded(partial(self._tick, now))
            earliest = self._agenda.earliest()
            due = tick_at if earliest is None else min(tick_at, earliest)
            self._guarded(partial(wait, self._noted, max(0.0, due - clock())))
        self._workers.end()
        self._loops.end()

    def _guarded(self, act: Callable[[], object]) -> None:
        """Do it; whatever it raises, `SystemExit` too, ends neither this thread nor the probing."""
        if self._ended.is_set():
            return
        try:
            act()
        except BaseException as error:  # noqa: BLE001 - other people's code, on our thread
            try:
                self._faults(error)
            except BaseException:  # noqa: BLE001 - the last resort has nobody left to tell
                return

    def _begin(self) -> None:
        first, self._first = self._first, []
        for target in first:
            now = self._runtime.clock()
            self._add(target, first_due(now, len(first), self._runtime.random))

    def _add(self, target: Target, due: float | None) -> None:
        due = self._runtime.clock() if due is None else due
        probing = self._left.pop(id(target.watched), None)
        if probing is None:
            rhythm = Rhythm(target.watched.patience, self._runtime.random, due)
            probing = Probing(target, rhythm)
        else:  # removed while a probe was under way, which still is
            probing.target, probing.gone = target, False
        self._probings[target] = probing
        self._agenda.put(probing, probing.rhythm.due)

    def _remove(self, target: Target) -> None:
        probing = self._probings.pop(target, None)
        if probing is None:
            return
        probing.gone = True
        self._agenda.drop(probing)
        if probing.run is not None:
            # Its worker is not to be had until it ends, also if it is added again.
            self._left[id(target.watched)] = probing
            if probing.run.awaited is not None:
                probing.rhythm.expired()
                probing.run.awaited.expire()

    def _turn(self, probing: Probing, now: float) -> None:
        """Do what is due; it comes again in any case, or it would never be probed any more."""
        rhythm = probing.rhythm
        try:
            turn = rhythm.turn(now)
            if turn == "overdue" and self._is_lost(probing):
                rhythm.ended()
                turn = rhythm.turn(now)
            match turn:
                case "begin":
                    self._probe(probing, now)
                case "expire":
                    self._expire(probing, now)
                case "overdue":
                    self._tell_overdue(probing, now)
                case _:
                    assert_never(turn)
        finally:
            self._agenda.put(probing, rhythm.due)

    def _probe(self, probing: Probing, now: float) -> None:
        run = probing.run = Run(now)
        try:
            if probing.target.is_awaited:
                run.awaited = self._awaited(probing, run)
                run.awaited.begin()
            else:
                self._workers.run(partial(self._work, probing, run))
        except Exception as error:  # noqa: BLE001 - no thread, no loop: no evidence either
            self._faults(error)
            self._end(probing, run, Probed(now, 0.0, "cancelled"))

    def _awaited(self, probing: Probing, run: Run) -> Awaited:
        watched = probing.target.watched
        return Awaited(
            watched.check,
            watched.patience.patience,
            self._loops.current(),
            self._runtime.clock,
            self._endings,
            ended=lambda probed: self._note(partial(self._end, probing, run, probed)),
            expired=lambda: self._note(partial(self._expired, probing, run)),
        )

    def _work(self, probing: Probing, run: Run) -> Callable[[], None]:
        """Run a check; on a worker's thread."""
        watched, clock = probing.target.watched, self._runtime.clock
        at = clock()
        try:
            probed = self._endings.gave(
                watched.check.run(watched.patience.patience), at, clock() - at
            )
        except BaseException as error:  # noqa: BLE001 - a check that raises has failed
            probed = self._endings.raised(error, at, clock() - at)
        return partial(self._note, partial(self._end, probing, run, probed))

    def _end(self, probing: Probing, run: Run, probed: Probed | None) -> None:
        """Take note that a run ended, and tell of it if that was in time."""
        if run is not probing.run:
            return
        probing.run = None
        if probing.gone:
            self._left.pop(id(probing.target.watched), None)
        counts = probing.rhythm.ended()
        self._tell(probing, probed if counts else None)

    def _expire(self, probing: Probing, now: float) -> None:
        run = probing.run
        if run is None or run.awaited is None:
            self._expired(probing, run)
        elif not run.awaited.expire():
            probing.rhythm.expired()
            self._loops.leave(run.awaited.loop)
            self._tell(probing, Probed(run.at, now - run.at, "cancelled"))
        # Otherwise its loop says next that it was cancelled, or is taken for blocked.

    def _expired(self, probing: Probing, run: Run | None) -> None:
        if run is not None and run is probing.run and probing.rhythm.expired():
            took = self._runtime.clock() - run.at
            self._tell(probing, Probed(run.at, took, "timeout"))

    def _tell_overdue(self, probing: Probing, now: float) -> None:
        run = probing.run
        awaited = run.awaited if run is not None else None
        if awaited is None or awaited.ignores_its_end or awaited.holds_its_loop():
            probed = Probed(now, 0.0, "timeout", stuck=True)
        else:
            probed = Probed(now, 0.0, "cancelled")
        if awaited is not None and not awaited.ignores_its_end:
            self._loops.leave(awaited.loop)
        self._tell(probing, probed)

    def _is_lost(self, probing: Probing) -> bool:
        run = probing.run
        if run is None:
            return True
        return run.awaited is not None and run.awaited.is_lost(self._loops.current())

    def _tell(self, probing: Probing, probed: Probed | None) -> None:
        """Tell a result, if there is one that counts, and have the next probe come."""
        unconfirmed = False
        if not probing.gone:
            watched = probing.target.watched
            try:
                if probed is not None:
                    watched.probed(probed)
                unconfirmed = bool(watched.is_unconfirmed())
            except BaseException as error:  # noqa: BLE001 - `_guarded` says why
                self._faults(error)
        if self._probings.get(probing.target) is probing:
            probing.rhythm.rest(self._runtime.clock(), unconfirmed=unconfirmed)
            self._agenda.put(probing, probing.rhythm.due)
