"""Decides whether a call may be made, and what its result changes.

Pure: time comes in as a number, and the lock covers arithmetic alone. A state that time ends is
computed when it is asked for, so there is no timer.

Over 300 lines by a few: the states are read beside one another.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

from ninefold.core import seconds
from ninefold.resilience.breaker._model import (
    CLOSED,
    FORCED_CLOSED,
    FORCED_OPEN,
    HALF_OPEN,
    IGNORED,
    OPEN,
    SHADOW,
    Breaker,
    Decision,
    Permit,
    Rejected,
    Transition,
    Verdict,
)
from ninefold.resilience.breaker._register import Register, state_of
from ninefold.resilience.breaker._window import CountWindow, TimeWindow, Window

__all__ = ["Circuit"]


class Circuit:
    """One breaker. It serves threads and several event loops at once.

    `on` is told of each transition after the lock is let go of; it must not raise.
    """

    __slots__ = (
        "__weakref__",
        "_done",
        "_failed",
        "_failure_rate",
        "_forced",
        "_given",
        "_least",
        "_length",
        "_lock",
        "_longest",
        "_on",
        "_options",
        "_own",
        "_permit",
        "_register",
        "_shortest",
        "_since",
        "_slow",
        "_slow_probes",
        "_slow_rate",
        "_tick",
        "_until",
        "_window",
        "closed",
    )

    def __init__(
        self,
        options: Breaker,
        register: Register,
        on: Callable[[Transition], None] = lambda transition: None,
    ) -> None:
        self._lock = threading.RLock()
        self._register = register
        self._on = on
        self._forced: str | None = None
        self._own = False
        self._since = 0.0
        self._given = self._done = self._failed = self._slow_probes = 0
        self._take(options)
        self._length = 0.0
        self._window: Window = _window(options)
        self._look()
        self._permit = Permit(CLOSED)
        self.closed: Permit | None = self._permit
        """The permit of every call while the breaker is closed: no need to ask. Else None."""

    def _take(self, options: Breaker) -> None:
        self._options = options
        self._least = options.min_calls
        self._slow = math.inf if options.slow is None else seconds("slow", options.slow)
        self._shortest = seconds("open_for", options.open_for)
        self._longest = seconds("open_cap", options.open_cap)
        self._failure_rate = math.inf if options.failure_rate is None else options.failure_rate
        self._slow_rate = math.inf if options.slow_rate is None else options.slow_rate

    @property
    def options(self) -> Breaker:
        """The numbers in force."""
        return self._options

    def is_failure(self, error: BaseException) -> bool:
        """Whether an exception is a failure of the dependency, and no proper answer of it."""
        return self._register.is_system_error(error)

    def state(self, now: float) -> str:
        """The state as it is shown: what happens to a call that is made now.

        An open breaker whose time is over is half open. In shadow it is `shadow`, whatever it
        would do.
        """
        with self._lock:
            if self._forced is not None:
                return self._forced
            return SHADOW if self._options.shadow else self._automatic(now)

    def counted(self, now: float) -> tuple[int, int, int]:
        """How many calls of the window count at `now`: all, failed ones, slow ones."""
        with self._lock:
            window = self._window
            window.settle(now)
            self._look()
            return window.total, window.failed, window.slow

    def _automatic(self, now: float) -> str:
        state = state_of(self._register)
        if state == OPEN and now - self._since >= self._length:
            return HALF_OPEN
        return state

    def acquire(self, now: float) -> Decision:
        """Leave to make a call at `now`; every permit must be released, exactly once."""
        with self._lock:
            decision, told = self._acquire(now)
        if told is not None:
            self._on(told)
        return decision

    def _acquire(self, now: float) -> tuple[Decision, Transition | None]:
        if self.closed is not None:
            return self.closed, None
        if self._forced == FORCED_OPEN:
            return Rejected(self._shortest), None
        told: Transition | None = None
        waited = now - self._since
        if state_of(self._register) == OPEN:
            if waited < self._length:
                return self._reject(self._length - waited), None
            told = self._half_open(now)
        elif self._given >= self._options.half_open:
            if waited < self._length:
                # The probes may end at any moment; nobody knows when.
                return self._reject(self._length - waited), None
            told = self._open(now, "the probes hang")
            return self._reject(self._length), told
        self._given += 1
        return self._permit, told

    def rejects(self, at: float) -> bool:
        """Whether a call at `at` would be rejected, as far as can be told now."""
        if self.closed is not None:
            return False
        with self._lock:
            if self._options.shadow and self._forced is None:
                return False
            if self._forced == FORCED_OPEN:
                return True
            if state_of(self._register) == OPEN:
                return at - self._since < self._length
            return self._given >= self._options.half_open

    def _reject(self, retry_after: float) -> Decision:
        return IGNORED if self._options.shadow else Rejected(retry_after)

    def succeeded(self, permit: Permit, duration: float, now: float) -> None:
        """A call that ended well, `duration` seconds after it began; the way nearly all take."""
        # Taken before the look at the permit: a tick of an older generation is lost.
        tick = self._tick
        if permit is self.closed and now < self._until and duration < self._slow:
            tick()
            return
        with self._lock:
            told = self._release(permit, Verdict.SUCCESS, duration >= self._slow, now)
        if told is not None:
            self._on(told)

    def release(self, permit: Permit, verdict: Verdict, duration: float, now: float) -> None:
        """A call that ended, `duration` seconds after it began.

        One of a generation that is over moves nothing.
        """
        slow = duration >= self._slow
        with self._lock:
            told = self._release(permit, verdict, slow, now)
        if told is not None:
            self._on(told)

    def _release(
        self, permit: Permit, verdict: Verdict, slow: bool, now: float
    ) -> Transition | None:
        if permit is not self._permit:
            return None
        if permit.state == HALF_OPEN:
            return self._probed(verdict, slow, now)
        if verdict is Verdict.NONE and not slow:
            return None
        self._window.add(now, verdict is Verdict.FAILURE, slow)
        told = self._judge(now)
        if told is None:
            self._look()
        return told

    def _look(self) -> None:
        """See whether successes need no judgement for now, as they can open nothing.

        A success lowers both shares, unless it is the call that makes the number up.
        """
        window = self._window
        calm = window.total >= self._least or not (window.failed or window.slow)
        self._tick = window.tick
        self._until = window.until if calm else -math.inf

    def _judge(self, now: float) -> Transition | None:
        window = self._window
        if self._forced is not None or window.total < self._least:
            return None
        if window.failed >= self._failure_rate * window.total:
            reason = f"{window.failed} of {window.total} calls failed"
        elif window.slow >= self._slow_rate * window.total:
            reason = f"{window.slow} of {window.total} calls took {self._slow:g} s or longer"
        else:
            return None
        return self._open(now, reason)

    def _probed(self, verdict: Verdict, slow: bool, now: float) -> Transition | None:
        probes = self._options.half_open
        self._slow_probes += slow
        if verdict is Verdict.NONE:
            # Its place is free again; being slow it can help to open, and never to close.
            self._given -= 1
        else:
            self._done += 1
            self._failed += verdict is Verdict.FAILURE
        if self._failed >= self._failure_rate * probes:
            return self._open(now, f"{self._failed} of {probes} probes failed")
        if self._slow_probes >= self._slow_rate * probes:
            return self._open(now, f"{self._slow_probes} of {probes} probes were slow")
        if self._done < probes:
            return None
        return self._close(now, f"{probes} probes ended well")

    def _open(self, now: float, reason: str, *, own: bool = True) -> Transition:
        self._own = own
        longer = self._length * self._options.open_factor
        self._length = min(self._longest, longer) if longer else self._shortest
        self._register.open()
        return self._enter(OPEN, now, reason)

    def _half_open(self, now: float) -> Transition:
        self._register.half_open()
        self._given = self._done = self._failed = self._slow_probes = 0
        return self._enter(HALF_OPEN, now, f"open for {self._length:g} s")

    def _close(self, now: float, reason: str) -> Transition:
        self._register.close()
        self._length = 0.0
        return self._enter(CLOSED, now, reason)

    def _enter(self, state: str, now: float, reason: str) -> Transition:
        """Begin a generation: what was counted, and what is still under way, is of the past."""
        self._window.clear()
        self._look()
        self._since = now
        self._permit = Permit(state)
        passes = state in (CLOSED, FORCED_CLOSED)
        self.closed = self._permit if passes else None
        return Transition(state, now, reason)

    def trip(self, now: float, reason: str) -> bool:
        """Open because others say so; whether that changed anything."""
        with self._lock:
            if self.closed is None or self._forced is not None:
                return False
            told = self._open(now, reason, own=False)
        self._on(told)
        return True

    def judged_open(self, now: float) -> float | None:
        """For how many seconds more it is open by its own judgement; None where it is not.

        Not where others or a hand opened it, nor in shadow: those are no news of the dependency.
        """
        with self._lock:
            if not self._own or self._forced is not None or self._options.shadow:
                return None
            left = self._length - (now - self._since)
            return left if state_of(self._register) == OPEN and left > 0 else None

    def force(self, state: str, now: float) -> None:
        """Stay `forced_open` or `forced_closed` until told otherwise."""
        with self._lock:
            self._forced = state
            if state == FORCED_OPEN:
                self._register.open()
            else:
                self._register.close()
            told = self._enter(state, now, "forced")
        self._on(told)

    def reset(self, now: float) -> None:
        """Close, count from zero and judge again."""
        with self._lock:
            self._forced = None
            told = self._close(now, "reset")
        self._on(told)

    def reload(self, options: Breaker, register: Register) -> None:
        """Take other numbers, from the next call on; the state stays.

        What was counted stays too, unless the window is another.
        """
        with self._lock:
            before = self._options
            self._take(options)
            same = (before.window, before.window_calls) == (options.window, options.window_calls)
            if not same:
                self._window = _window(options)
            self._until = -math.inf
            match state_of(self._register):
                case "open":
                    register.open()
                case "half_open":
                    register.half_open()
                case _:
                    pass
            self._register = register

    def restart(self) -> None:
        """Begin again with a lock of its own, as a forked child must.

        The parent's calls never end here, so probes that are under way are given up: what was half
        open asks for new ones.
        """
        self._lock = threading.RLock()
        # One judgement is the parent's, and not one more instance's for each child.
        self._own = False
        self._window.clear()
        self._look()
        state = state_of(self._register)
        if state == HALF_OPEN:
            self._register.open()
            self._enter(OPEN, -math.inf, "forked")
        elif self._forced is None and state == CLOSED:
            self._enter(CLOSED, self._since, "forked")


def _window(options: Breaker) -> Window:
    if options.window_calls is not None:
        return CountWindow(options.window_calls)
    return TimeWindow(seconds("window", options.window))
