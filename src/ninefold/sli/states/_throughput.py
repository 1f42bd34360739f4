"""What came in, what was done, what waits: `service.throughput`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ninefold.registry import THROUGHPUT_ARRIVED, THROUGHPUT_BACKLOG, THROUGHPUT_PROCESSED
from ninefold.sli.states._asked import ask
from ninefold.sli.states._pairs import Pairs, Wanted
from ninefold.telemetry import LARGEST, plain

if TYPE_CHECKING:
    from ninefold.telemetry import Observation, Telemetry

Backlog = Callable[[], float]


class Throughput:
    """Counts items in and out, and shows the backlog, asked for whenever a reader collects.

    Nothing here raises; with `OTEL_SDK_DISABLED` nothing is done.
    """

    __slots__ = ("_backlogs", "_disabled", "_faults", "_max", "_pairs")

    def __init__(self, telemetry: Telemetry) -> None:
        arrived = telemetry.counter(THROUGHPUT_ARRIVED)
        processed = telemetry.counter(THROUGHPUT_PROCESSED)

        def wanted(name: str) -> tuple[Wanted, Wanted]:
            return (arrived, (name,)), (processed, (name,))

        self._disabled = telemetry.disabled
        self._faults = telemetry.faults
        self._max = telemetry.settings.max_series
        self._pairs = Pairs(wanted, telemetry.faults)
        self._backlogs: dict[str, Callable[..., object]] = {}
        telemetry.observe(THROUGHPUT_BACKLOG, self._read)

    def count(
        self, name: str, *, arrived: float = 0, processed: float = 0, backlog: Backlog | None = None
    ) -> None:
        """Add to what arrived and to what was processed; `backlog` is asked from now on.

        Each is judged by itself: what is no finite number of 0 or above, or no callable, is dropped
        and counted as `invalid_value`, and costs neither of the others.
        """
        if self._disabled:
            return
        pair = self._pairs.of(name)
        if pair is None:
            return
        pair.first.add(arrived)
        pair.second.add(processed)
        if backlog is not None:
            self._ask(pair.name, backlog)

    def _ask(self, name: str, backlog: object) -> None:
        # A number would be shown as it was now for as long as nobody calls, which is just when
        # the backlog grows.
        if not callable(backlog):
            self._faults.invalid_value(backlog)
        elif name in self._backlogs or len(self._backlogs) < self._max:
            self._backlogs[name] = backlog
        else:
            self._faults.dropped("metrics", "cardinality", 1, THROUGHPUT_BACKLOG.name)

    def _read(self) -> list[Observation]:
        found: list[Observation] = []
        for name, backlog in list(self._backlogs.items()):
            answer = ask(backlog, self._faults)
            if answer is None:
                continue
            waiting = plain(answer[0])
            if 0 <= waiting <= LARGEST:
                found.append((waiting, (name,)))
            else:
                self._faults.invalid_value(answer[0])
        return found
