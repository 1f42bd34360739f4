"""One instance of a fleet: a breaker, and what shares it, which looks when it is told to."""

from __future__ import annotations

from typing import Any

from ninefold.resilience.breaker import Breaker, Circuit, Permit, Verdict, register
from ninefold.resilience.fleet import SharedState, Sharing
from ninefold.testing import ManualClock

OPEN_FOR = 60.0


class Still(Sharing):
    """Looks when it is told to, and has no thread."""

    def _start(self) -> None:
        pass


class Instance:
    """A process, as its fleet sees it. Its breaker opens at its second failure."""

    def __init__(
        self, state: SharedState, *, name: str = "psp", part_of: Instance | None = None, **more: Any
    ) -> None:
        self.name = name
        self.clock = ManualClock() if part_of is None else part_of.clock
        options = {"min_calls": 2, "half_open": 1, "open_for": OPEN_FOR, "shared": state}
        self.circuit = Circuit(Breaker(**{**options, **more}), register(name, ()))
        self.sharing = Still(self.clock.runtime()) if part_of is None else part_of.sharing
        self.sharing.join(self)

    def now(self) -> float:
        """Its own clock."""
        return self.clock.now()

    @property
    def state(self) -> str:
        """The state of its breaker."""
        return self.circuit.state(self.now())

    def call(self, verdict: Verdict = Verdict.SUCCESS) -> None:
        """A call that is let through."""
        permit = self.circuit.acquire(self.now())
        assert isinstance(permit, Permit)
        self.circuit.release(permit, verdict, 0.0, self.now())

    def fail(self) -> None:
        """Open it by its own judgement."""
        while self.state != "open":
            self.call(Verdict.FAILURE)

    def look(self) -> float:
        """Look once, and come to the time of the next look; how long that took."""
        wait = self.sharing.look()
        assert wait is not None
        self.clock.advance(wait)
        return wait
