"""A Health on time that the test moves, and checks that find what the test says."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ninefold as nf
from ninefold.health import Finding
from ninefold.testing import ManualClock
from tests.support.waiting import eventually


class Says:
    """A check that raises, or gives, what `found` is; `calls` tells how often it was asked."""

    def __init__(self, found: Finding | BaseException | bool | None = None) -> None:
        self.found = found
        self.calls = 0

    def __call__(self) -> Finding | bool | None:
        self.calls += 1
        if isinstance(self.found, BaseException):
            raise self.found
        return self.found


class Watching:
    """A Health, its clock, and how to have its dependencies probed."""

    def __init__(self, name: str | None = "shop", **options: Any) -> None:
        self.clock = ManualClock(automatic=False)
        self.health = nf.Health(name, runtime=self.clock.runtime(), **options)
        self._ticked: list[float] = []
        self.health.alive_while(self._tick)

    def _tick(self) -> str | None:
        # Asked whenever the whole is judged: on threads that are not the test's by each tick.
        if threading.current_thread() is not threading.main_thread():
            self._ticked.append(self.clock.now())
        return None

    def begin(self, *names: str) -> None:
        """Start, and wait until each of these was probed once."""
        self.health.start()
        series = [each for name in names for each in self.health.entries()[name].standing.series]

        def are_probed() -> bool:
            if all(each.last for each in series):
                return True
            if len(series) > 1:
                # Several begin within a fifth of a second, and not together.
                self.clock.advance(0.05)
            return False

        eventually(are_probed, pause=0.05, wanted=f"first results of {', '.join(names)}")

    def probe(self, name: str, times: int = 1) -> None:
        """Have it probed so many times more, whenever it is due."""
        for _ in range(times):
            series = self.health.entries()[name].standing.series[0]
            last = series.last
            self.clock.advance(1.3 if series.is_unconfirmed() else 12.1)
            eventually(lambda last=last, series=series: series.last is not last, wanted=name)  # type: ignore[misc]  # likewise

    def pass_by(self, seconds: float) -> None:
        """Let time pass, and wait until the scheduler has looked at the calls since."""
        self.clock.advance(seconds)
        now = self.clock.now()
        eventually(lambda: self._ticked and self._ticked[-1] == now, wanted=f"a tick at {now}")

    def state(self, name: str) -> str:
        """How a dependency is."""
        return self.health.states()[name].state

    def ask(self, path: str, query: str = "", **how: Any) -> tuple[int, dict[str, Any]]:
        """Ask it: the status, and the document."""
        answer = self.health.answer(path, query, **how)
        assert answer is not None
        return answer.status, json.loads(answer.body)


@contextmanager
def watching(name: str | None = "shop", **options: Any) -> Iterator[Watching]:
    """A Health that is stopped at the end."""
    made = Watching(name, **options)
    try:
        yield made
    finally:
        made.health.stop()
