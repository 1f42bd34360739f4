"""Somebody whose check is probed, who keeps what is told of it."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ninefold.health import Check, Finding, Patience, Probed
from ninefold.health._scheduler import Scheduler
from ninefold.testing import ManualClock
from tests.support.waiting import eventually


def well(_: float) -> Finding:
    """Find all well, at once."""
    return Finding()


class Hung:
    """A check that hangs until it is let go, and tells how often it was begun."""

    def __init__(self) -> None:
        self.begun = 0
        self.go = threading.Event()

    def __call__(self, _: float) -> Finding:
        self.begun += 1
        self.go.wait(60)
        return Finding()


class _Checked:
    def __init__(self, run: Callable[[float], Any]) -> None:
        self.run = run


class Kept:
    """Watched: `told` is what came of its probes so far, `unconfirmed` what it says when asked."""

    def __init__(
        self,
        run: Callable[[float], Finding | Awaitable[Finding]] = well,
        *,
        interval: float = 10.0,
        timeout: float = 2.0,
        name: str = "payments",
    ) -> None:
        self.name = name
        self.check: Check = _Checked(run)
        self.patience = Patience(interval=interval, timeout=timeout)
        self.told: list[Probed] = []
        self.unconfirmed = False

    def probed(self, probed: Probed, /) -> None:
        """Keep it."""
        self.told.append(probed)

    def is_unconfirmed(self) -> bool:
        """Say what the test wants."""
        return self.unconfirmed

    def eventually_told(self, times: int) -> Probed:
        """Wait until it was told so often, and not more often; the last of them."""
        eventually(lambda: len(self.told) >= times, wanted=f"{times} results")
        assert len(self.told) == times, self.told
        return self.told[-1]


class Scheduled:
    """A scheduler on time that the test moves, and whatever went wrong in it."""

    def __init__(self, **options: Any) -> None:
        self.clock = ManualClock(automatic=False)
        self.faults: list[BaseException] = []
        self.ticks: list[float] = []
        options.setdefault("runtime", self.clock.runtime())
        options.setdefault("tick", self.ticks.append)
        self.scheduler = Scheduler(faults=self.faults.append, **options)

    def pass_by(self, seconds: float) -> None:
        """Let time pass, and wait until the scheduler has done what is due by then."""
        eventually(lambda: self.ticks, wanted="a first tick")
        self.clock.advance(seconds)
        if seconds >= 1.0:
            now = self.clock.now()
            eventually(lambda: self.ticks[-1] == now, wanted=f"a tick at {now}")

    def pass_until(self, look: Callable[[], object]) -> None:
        """Let intervals pass until this is so, for what a thread does at a time of its own."""

        def pass_and_look() -> object:
            self.pass_by(12.0)
            return look()

        # Slowly, so that what has begun meanwhile can end within its virtual seconds.
        eventually(pass_and_look, pause=0.2)


@contextmanager
def scheduled(*watched: Kept, start: bool = True, **options: Any) -> Iterator[Scheduled]:
    """A scheduler that probes these; it must have met no fault by its end unless the test took it.

    A check that hangs is let go at the end.
    """
    made = Scheduled(**options)
    for each in watched:
        made.scheduler.add(each)
    if start:
        made.scheduler.start()
    try:
        yield made
    finally:
        made.scheduler.stop()
        for each in watched:
            if isinstance(each.check, _Checked) and isinstance(each.check.run, Hung):
                each.check.run.go.set()
    assert not made.faults, made.faults
