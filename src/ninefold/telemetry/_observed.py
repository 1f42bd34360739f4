"""A metric that is read by calling back, made safe: what the callback gives is never trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import time_ns
from typing import TYPE_CHECKING, NamedTuple

from ninefold.errors import ConfigurationError
from ninefold.telemetry._instruments import OVERFLOW, Key, attributes_of
from ninefold.telemetry._measurement import LARGEST, exportable, plain

if TYPE_CHECKING:
    from ninefold.registry import AnyMetric
    from ninefold.telemetry._faults import Faults

Observation = tuple[float, Key]


class Reading(NamedTuple):
    """One series as the callback told it; `key` is None for the overflow series."""

    key: Key | None
    attributes: dict[str, object]
    value: float


class Observed:
    """A counter, up-down counter or gauge whose values a callback gives when a reader collects.

    `max_series` bounds it as it does every instrument: what is told of further keys is summed in
    the overflow series (for a gauge: the last of them). Which keys are in is settled by who came
    first, and stays, so that every series is the same one in the next collection.
    """

    __slots__ = ("_admitted", "_callback", "_faults", "_max", "metric", "since_ns")

    def __init__(
        self,
        metric: AnyMetric,
        callback: Callable[[], Iterable[Observation]],
        faults: Faults,
        max_series: int = 2000,
    ) -> None:
        if metric.kind == "histogram":
            raise ConfigurationError(
                f"{metric.name} is a histogram and cannot be observed; record into"
                " telemetry.histogram(...)"
            )
        self.metric = metric
        self._callback = callback
        self._faults = faults
        self._max = max_series
        self._admitted: set[Key] = set()
        self.since_ns = time_ns()

    def restart(self) -> None:
        """Count from now on, as a forked child must."""
        self.since_ns = time_ns()
        self._admitted = set()

    def read(self) -> list[Reading]:
        """Call back, and return what is sound of the answer; of a repeated key, the last word.

        Never raises: a callback that does costs its own metric, a wrong row costs that row.
        """
        found: dict[Key | None, Reading] = {}
        floor = 0.0 if self.metric.kind == "counter" else -LARGEST
        over = 0
        try:
            for row in self._callback():
                try:
                    told, key = row
                    attributes = attributes_of(self.metric, key)
                    admitted = self._admits(key)
                except Exception:  # noqa: BLE001 - a row of another shape
                    self._faults.invalid_value(row)
                    continue
                value = plain(told)
                if not floor <= value <= LARGEST:
                    self._faults.invalid_value(told)
                elif admitted:
                    found[key] = Reading(key, attributes, value)
                else:
                    over += 1
                    before = found.get(None)
                    total = value + (before.value if before and self.metric.kind != "gauge" else 0)
                    found[None] = Reading(None, OVERFLOW, exportable(total))
        except Exception as error:  # noqa: BLE001 - one bad metric must not cost the rest
            self._faults.internal_error("metrics", error)
            return []
        if over:
            self._faults.dropped("metrics", "cardinality", over, self.metric.name)
        return list(found.values())

    def _admits(self, key: Key) -> bool:
        if key not in self._admitted:
            if len(self._admitted) >= self._max - 1:
                return False
            self._admitted.add(key)
        return True
