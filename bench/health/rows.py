"""The rows: what happens to the dependency, and what an orchestrator should have been told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

Scope = Literal["local", "shared"]

PERIOD: Final = 1.0
"""Seconds between two probes: `periodSeconds` 1, so that seconds of a wrong answer can be counted.

Kubernetes' own default is 10.
"""

PROBE_TIMEOUT: Final = 1.0
"""`timeoutSeconds`, as Kubernetes has it by default. No answer by then is a failed probe."""

FAILURE_THRESHOLD: Final = 3
"""`failureThreshold`, as Kubernetes has it by default; its `successThreshold` is 1."""

CHECK_TIMEOUT: Final = 2.0
"""How long the check's client waits: ninefold's default timeout, given to every library's check."""

BELIEF: Final = FAILURE_THRESHOLD * PERIOD
"""For so long after a failure begins "ready" is forgiven: one failed call proves nothing."""

RETURN: Final = 15.0
"""For so long after the failure ends "not ready" is forgiven, and told as the time to recover."""


class Fault(Enum):
    """What the dependency does with a new call while the fault lasts."""

    NONE = "answers"
    FAIL_NEXT = "resets the next call, once"
    REFUSE = "refuses"
    RESET = "resets"
    HANG = "accepts and never answers"
    LOSE = "accepts and never answers, also once it is well again"
    SLOW = "answers late"
    ALTERNATE = "resets every other call"


class Truth(Enum):
    """What an orchestrator should be told at a moment."""

    READY = "ready"
    NOT_READY = "not ready"
    EITHER = "either"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One fault of the only dependency, critical to the service.

    `hurts` says that this instance should get no traffic while the fault lasts; where it does not,
    "ready" is right all the time. `client_timeout` is how long the check's client waits.
    """

    name: str
    title: str
    fault: Fault
    hurts: bool
    scope: Scope = "local"
    client_timeout: float | None = CHECK_TIMEOUT


ROWS: Final = (
    Row(name="healthy", title="no fault at all (control)", fault=Fault.NONE, hurts=False),
    Row(name="blip", title="one failed call", fault=Fault.FAIL_NEXT, hurts=False),
    Row(name="down", title="local one refuses", fault=Fault.REFUSE, hurts=True),
    Row(name="reset", title="local one resets each call", fault=Fault.RESET, hurts=True),
    Row(
        name="silent",
        title="local one hangs, the client gives up after 2 s",
        fault=Fault.HANG,
        hurts=True,
    ),
    Row(
        name="hang",
        title="local one hangs, the client waits for ever",
        fault=Fault.HANG,
        hurts=True,
        client_timeout=None,
    ),
    Row(
        name="lost",
        title="as hang, and calls under way are never answered after it either",
        fault=Fault.LOSE,
        hurts=True,
        client_timeout=None,
    ),
    Row(name="slow", title="answers in 1.5 s, under its timeout", fault=Fault.SLOW, hurts=False),
    Row(name="flapping", title="fails every other call", fault=Fault.ALTERNATE, hurts=False),
    Row(
        name="shared",
        title="one that all instances share refuses",
        fault=Fault.REFUSE,
        hurts=False,
        scope="shared",
    ),
)
"""All rows end with a recovery; each fault comes `Plan.cycles` times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """When the faults come and go, in seconds since the probers began; the same for all rows."""

    before: float = 15.0
    lasting: float = 40.0
    after: float = 40.0
    cycles: int = 2

    @property
    def end(self) -> float:
        """When the run is over."""
        return self.before + self.cycles * (self.lasting + self.after)

    def faults(self) -> Iterator[tuple[float, float]]:
        """When each fault begins and ends."""
        for cycle in range(self.cycles):
            begins = self.before + cycle * (self.lasting + self.after)
            yield begins, begins + self.lasting

    def truth(self, row: Row, at: float) -> Truth:
        """What an orchestrator should be told at this moment."""
        if not row.hurts:
            return Truth.READY
        for begins, ends in self.faults():
            if begins <= at < min(begins + BELIEF, ends):
                return Truth.EITHER
            if begins <= at < ends:
                return Truth.NOT_READY
            if ends <= at < ends + RETURN:
                return Truth.EITHER
        return Truth.READY
