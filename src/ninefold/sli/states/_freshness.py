"""When data was last brought up to date: `service.freshness`."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from ninefold.registry import FRESHNESS_TIMESTAMP
from ninefold.sli.states._asked import Named, ask, require_callable

if TYPE_CHECKING:
    from ninefold.telemetry import Observation, Telemetry

UpdatedAt = Callable[[], float | datetime]


class Freshness:
    """Shows `ninefold.freshness.timestamp`, asked for whenever a reader collects."""

    __slots__ = ("_faults", "_named")

    def __init__(self, telemetry: Telemetry) -> None:
        self._faults = telemetry.faults
        self._named: Named[UpdatedAt] = Named("freshness")
        telemetry.observe(FRESHNESS_TIMESTAMP, self._read)

    def register(self, name: str, *, updated_at: UpdatedAt) -> None:
        """Have `updated_at` asked for Unix seconds, or for a datetime that has a time zone.

        Raises `ConfigurationError` for a name that is none or is taken, and for what cannot be
        called. One that raises, or answers with no number, costs its own point, and is counted.
        """
        require_callable("updated_at", updated_at, write="updated_at=lambda: index.mtime")
        self._named.register(name, updated_at)

    def names(self) -> tuple[str, ...]:
        """What is registered so far."""
        return self._named.names()

    def _read(self) -> list[Observation]:
        found: list[Observation] = []
        for name, updated_at in self._named.items():
            answer = ask(partial(_moment, updated_at), self._faults)
            if answer is not None:
                # What is no number is dropped, and counted, where every observation is checked.
                found.append((answer[0], (name,)))
        return found


def _moment(updated_at: UpdatedAt) -> float:
    """The answer in Unix seconds, where it is a datetime that says which moment it means."""
    told = updated_at()
    if isinstance(told, datetime):
        return told.timestamp() if told.tzinfo is not None else math.nan
    return told
