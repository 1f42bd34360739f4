"""Turns what happens in health into instruments and log records."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Iterator, Mapping
from typing import Final, Protocol, get_args

from ninefold.health._changes import Change
from ninefold.health._model import Judged, Outcome, Probed, State
from ninefold.registry import HEALTH_CHECK_DURATION, HEALTH_STATUS
from ninefold.telemetry import Measuring, Observation, restart_after_fork
from ninefold.telemetry._error_types import OTHER

__all__ = ["Instruments", "Shown", "say"]

_STATES: Final[tuple[State, ...]] = get_args(State)
_log = logging.getLogger("ninefold.health")


class Shown(Protocol):
    """Somebody whose dependencies' health is observed."""

    def states(self) -> Mapping[str, Judged]:
        """How each dependency is now, by its name."""
        ...


class Instruments:
    """The instruments of all that measure in one place."""

    def __init__(self, measuring: Measuring) -> None:
        self._faults = measuring.faults
        self._durations = measuring.histogram(HEALTH_CHECK_DURATION)
        self._lock = threading.RLock()
        self._shown: weakref.WeakSet[Shown] = weakref.WeakSet()
        measuring.observe(HEALTH_STATUS, self._statuses)
        restart_after_fork(self)

    def restart(self) -> None:
        """Take a lock of its own, as a forked child must."""
        self._lock = threading.RLock()

    def show(self, shown: Shown) -> None:
        """Observe `shown` as long as it lives."""
        with self._lock:
            self._shown.add(shown)

    def hide(self, shown: Shown) -> None:
        """Observe it no longer."""
        with self._lock:
            self._shown.discard(shown)

    def probed(self, name: str, probed: Probed) -> None:
        """Record how long a probe took; never raises."""
        try:
            self._durations.record(probed.took, (name, *_ending(probed)))
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            self._faults.internal_error("metrics", error)

    def _statuses(self) -> Iterator[Observation]:
        with self._lock:
            shown = list(self._shown)
        counts: dict[tuple[str, str], int] = {}
        for each in shown:
            for name, judged in each.states().items():
                for state in _STATES:
                    counts[name, state] = counts.get((name, state), 0) + (state == judged.state)
        yield from ((value, key) for key, value in counts.items())


def _ending(probed: Probed) -> tuple[Outcome, str | None]:
    """The outcome and the `error.type` of a probe; one that finds it down has failed."""
    outcome = probed.outcome
    if outcome == "success":
        finding = probed.finding
        is_down = finding is not None and finding.level == "down"
        return ("failure", OTHER) if is_down else (outcome, None)
    # What timed out, or was cancelled, says so there too.
    return outcome, probed.error or outcome


def say(change: Change) -> None:
    """Log a change, with the reason; what was found holds no secrets any more."""
    _log.log(
        logging.WARNING if change.is_bad else logging.INFO,
        "health of %s: %s -> %s%s",
        change.who,
        change.before,
        change.after,
        f" ({change.why})" if change.why else "",
    )
