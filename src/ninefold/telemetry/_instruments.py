"""Instruments over cells: a key of attribute values leads to its series by one look-up.

At most `max_series` series per instrument, the overflow one included; what comes after is summed
under `otel.metric.overflow=true`, so totals stay exact (OpenTelemetry specification, metrics SDK,
"Cardinality limits"). Reserved series stand outside the limit.

Over 300 lines by a few: the three kinds of instrument are read beside the series they share.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Generic, TypeVar

from ninefold.errors import ConfigurationError
from ninefold.registry import ATTR_OTEL_METRIC_OVERFLOW
from ninefold.telemetry._cells import GaugeCell, HistogramCell, NumberCell
from ninefold.telemetry._measurement import LARGEST, plain
from ninefold.telemetry._pending import Exemplar

if TYPE_CHECKING:
    from ninefold.registry import AnyMetric
    from ninefold.telemetry._faults import Faults

Value = str | int | float | bool | None
Key = tuple[Value, ...]
CellT = TypeVar("CellT", bound=HistogramCell | NumberCell | GaugeCell)

OVERFLOW: dict[str, object] = {ATTR_OTEL_METRIC_OVERFLOW: True}


def attributes_of(metric: AnyMetric, key: Key) -> dict[str, object]:
    """The attributes of a key; None means absent.

    Raises `ValueError` for a key that is not as long as the metric has attributes.
    """
    names = metric.attributes
    if len(key) != len(names):
        raise ValueError(
            f"a key of {metric.name} must have {len(names)} values, one for each of"
            f" {', '.join(names) or 'no attributes'}; got {len(key)}"
        )
    return {name: value for name, value in zip(names, key, strict=True) if value is not None}


class Series(Generic[CellT]):
    """The series of one instrument: which exist, which are reserved, and the overflow one."""

    __slots__ = (
        "_dormant",
        "_faults",
        "_lock",
        "_make",
        "_max",
        "_on_first",
        "_overflow",
        "_reserved",
        "_share",
        "cells",
        "metric",
    )

    def __init__(
        self,
        metric: AnyMetric,
        make: Callable[[dict[str, object]], CellT],
        max_series: int,
        faults: Faults,
        on_first: Callable[[], None],
    ) -> None:
        self.metric = metric
        self._make: Callable[[dict[str, object]], CellT] = make
        self._max = max_series
        self._faults = faults
        self._on_first = on_first
        self._lock = threading.RLock()
        self._overflow: CellT | None = None
        self._share: Callable[[AnyMetric, CellT], None] | None = None
        self._reserved: set[Key] = set()
        self._dormant: dict[Key, CellT] = {}
        self.cells: dict[Key, CellT] = {}

    def admit(self, key: Key) -> CellT:
        """The series of a key that is not in `cells`: a new one, or the overflow series.

        Raises `ValueError` for a key of the wrong length, `TypeError` for one that has no hash.
        """
        self._on_first()
        with self._lock:
            cell = self.cells.get(key)
            if cell is not None:
                return cell
            cell = self._dormant.pop(key, None)
            if cell is not None:
                self.cells[key] = cell
                return cell
            attributes = attributes_of(self.metric, key)
            taken = len(self.cells) + len(self._dormant) - len(self._reserved)
            if taken < self._max - 1:
                cell = self.cells[key] = self._made(attributes)
                return cell
            overflow = self._overflow
            if overflow is None:
                overflow = self._overflow = self._made(OVERFLOW)
        self._faults.dropped("metrics", "cardinality", 1, self.metric.name)
        return overflow

    def _made(self, attributes: dict[str, object]) -> CellT:
        cell = self._make(attributes)
        if self._share is not None:
            self._share(self.metric, cell)
        return cell

    def share_by(self, share: Callable[[AnyMetric, CellT], None] | None) -> None:
        """Have `share` called with every series there is and will be; None to share no longer."""
        with self._lock:
            self._share = share
            for cell in self.every():
                if share is None:
                    cell.leave()
                else:
                    share(self.metric, cell)

    def share_again(self) -> None:
        """Share every series anew, its boundaries being others. The caller holds `lock`."""
        if self._share is not None:
            for cell in self.every():
                self._share(self.metric, cell)

    def reserve(self, key: Key) -> CellT:
        """Make the series of `key` now, at zero, outside the limit; or find it again.

        Raises as `admit` does.
        """
        with self._lock:
            cell = self.cells.get(key) or self._dormant.get(key)
            if cell is None:
                cell = self._made(attributes_of(self.metric, key))
                # Nothing is started at set-up; the first record sees to it.
                cell.sleep(self._on_first)
                self.cells[key] = cell
            self._reserved.add(key)
            return cell

    def restart(self) -> None:
        """Begin again at zero, as a forked child must: reserved series stay, others are gone.

        Cells that somebody holds go on working: they are found again under their key, and wake the
        child's pipeline when they are recorded into.
        """
        self._lock = threading.RLock()
        self._share = None
        kept = {**self._dormant, **self.cells}
        for cell in kept.values():
            cell.restart(self._on_first)
        self.cells.clear()
        self._dormant = kept
        if self._overflow is not None:
            self._overflow.restart(self._on_first)

    def all(self) -> list[CellT]:
        """Every series that a reader sees, the overflow one last."""
        with self._lock:
            found = [
                cell for key, cell in self._dormant.items() if key in self._reserved or cell.touched
            ]
            found += self.cells.values()
            # Made anew or left over from before a fork: it counts once something went into it.
            if self._overflow is not None and self._overflow.touched:
                found.append(self._overflow)
            return found

    def every(self) -> list[CellT]:
        """Every cell there is, those included that no reader sees yet. The caller holds `lock`."""
        found = [*self._dormant.values(), *self.cells.values()]
        if self._overflow is not None:
            found.append(self._overflow)
        return found

    @property
    def lock(self) -> threading.RLock:
        """Held while series are added."""
        return self._lock


class Histogram:
    """Records into the series of a key; never raises."""

    __slots__ = ("_cells", "_faults", "bounds", "series")

    def __init__(
        self, series: Series[HistogramCell], bounds: Sequence[float], faults: Faults
    ) -> None:
        self.series = series
        self.bounds = tuple(bounds)
        self._cells = series.cells
        self._faults = faults

    def record(self, value: float, key: Key, exemplar: Exemplar | None = None) -> None:
        """Record one measurement in the metric's unit.

        `key` holds the attribute values in the order of the metric's attributes, None for one
        that is absent. `exemplar` is the sampled span's context, if the value may point at it.
        """
        try:
            cell = self._cells.get(key)
            if cell is None:
                cell = self.series.admit(key)
            cell.record(value, exemplar)
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            self._faults.internal_error("metrics", error)

    def cell(self, key: Key) -> HistogramCell:
        """The series itself, for a caller that records into it again and again."""
        return self._cells.get(key) or self.series.admit(key)

    def reserve(self, key: Key) -> HistogramCell:
        """The series of a key, from now on there at zero and outside the limit of series."""
        return self.series.reserve(key)

    def widen(self, extra: Sequence[float]) -> None:
        """Add boundaries; raises `ConfigurationError` for a new one after the first record."""
        metric = self.series.metric
        # No series can be added and none recorded into: either all have the boundaries, or none.
        with ExitStack() as held:
            held.enter_context(self.series.lock)
            bounds = tuple(sorted({*self.bounds, *merged_bounds(metric, extra)}))
            if bounds == self.bounds:
                return
            cells = self.series.every()
            for cell in cells:
                held.enter_context(cell.plain_lock)
            if any(cell.touched for cell in cells):
                missing = min(set(bounds) - set(self.bounds))
                raise ConfigurationError(
                    f"{metric.name} has recorded already and cannot take the boundary"
                    f" {missing:g} {metric.unit}; declare it before the first record"
                )
            self.bounds = bounds
            for cell in cells:
                cell.widen(bounds)
            self.series.share_again()


class Counter:
    """Adds to the series of a key; never raises. Serves counters and up-down counters."""

    __slots__ = ("_cells", "_faults", "series")

    def __init__(self, series: Series[NumberCell], faults: Faults) -> None:
        self.series = series
        self._cells = series.cells
        self._faults = faults

    def add(self, value: float, key: Key, exemplar: Exemplar | None = None) -> None:
        """Add `value` to the sum of `key`; a counter takes nothing negative."""
        try:
            cell = self._cells.get(key)
            if cell is None:
                cell = self.series.admit(key)
            cell.add(value, exemplar)
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            self._faults.internal_error("metrics", error)

    def cell(self, key: Key) -> NumberCell:
        """The series itself, for a caller that adds to it again and again."""
        return self._cells.get(key) or self.series.admit(key)

    def reserve(self, key: Key) -> NumberCell:
        """The series of a key, from now on there at zero and outside the limit of series."""
        return self.series.reserve(key)


class Gauge:
    """Sets the series of a key; never raises."""

    __slots__ = ("_cells", "_faults", "series")

    def __init__(self, series: Series[GaugeCell], faults: Faults) -> None:
        self.series = series
        self._cells = series.cells
        self._faults = faults

    def set(self, value: float, key: Key) -> None:
        """Set the value of `key`."""
        try:
            cell = self._cells.get(key)
            if cell is None:
                cell = self.series.admit(key)
            cell.set(value)
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            self._faults.internal_error("metrics", error)

    def cell(self, key: Key) -> GaugeCell:
        """The series itself, for a caller that sets it again and again."""
        return self._cells.get(key) or self.series.admit(key)

    def reserve(self, key: Key) -> GaugeCell:
        """The series of a key, outside the limit; a gauge shows nothing until it is set."""
        return self.series.reserve(key)


def merged_bounds(metric: AnyMetric, extra: Sequence[float]) -> tuple[float, ...]:
    """The catalogue's boundaries with some more, ascending and without repetition.

    Raises `ConfigurationError` for a boundary that is not a finite number above zero.
    """
    for bound in extra:
        if not 0.0 < plain(bound) <= LARGEST:
            raise ConfigurationError(
                f"a boundary of {metric.name} must be a finite number above 0 {metric.unit},"
                f" got {bound!r}"
            )
    return tuple(sorted({float(bound) for bound in (*metric.boundaries, *extra)}))
