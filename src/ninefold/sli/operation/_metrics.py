"""Records each run in `ninefold.operation.duration`, and for the objectives of its operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from opentelemetry.context import get_current
from opentelemetry.trace import get_current_span

from ninefold.registry import OPERATION_DURATION
from ninefold.sli.operation._engine import Classification
from ninefold.sli.operation._model import SUCCESS, Classifiers, Ending, Said
from ninefold.telemetry import Exemplar, Histogram, exemplar_of

if TYPE_CHECKING:
    from opentelemetry.context import Context

    from ninefold.sli.objective import OperationObjectives
    from ninefold.telemetry import Telemetry

Record = Callable[[float, Exemplar | None], None]


class Series:
    """The series of one operation, each found at its first use and then held.

    None is reserved: a name may be made at run time, and must not pass by the limit of series.
    """

    __slots__ = ("_faults", "_name", "_objectives", "_others", "_points", "_success", "_telemetry")

    def __init__(self, name: str, telemetry: Telemetry, objectives: OperationObjectives) -> None:
        self._name = name
        self._telemetry = telemetry
        self._faults = telemetry.faults
        self._objectives = objectives
        self._success: Record | None = None
        # Bounded, as `error.type` is.
        self._others: dict[Ending, Record] = {}
        self._points = telemetry.exemplars

    def succeeded(self, elapsed: float) -> None:
        """Record a success; the way that nearly every run takes."""
        try:
            record = self._success
            if record is None:
                record = self._find(SUCCESS)
            # Outside of any span the context is empty, and asking for no more is twice as quick.
            context = get_current() if self._points else None
            record(elapsed, _point(context) if context else None)
            objectives = self._objectives
            if self._name in objectives.judges:
                objectives.count(self._name, "success", elapsed)
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            self._faults.internal_error("metrics", error)

    def ended(self, ending: Ending, elapsed: float) -> None:
        """Record a run that came to `ending`."""
        if ending.outcome == "success":
            self.succeeded(elapsed)
            return
        record = self._others.get(ending)
        if record is None:
            record = self._find(ending)
        context = get_current() if self._points else None
        record(elapsed, _point(context) if context else None)
        if self._name in self._objectives.judges:
            self._objectives.count(self._name, ending.outcome, elapsed)

    def _find(self, ending: Ending) -> Record:
        histogram = self._telemetry.histogram(OPERATION_DURATION)
        key = (self._name, ending.outcome, ending.error_type)
        cell = histogram.cell(key)
        if isinstance(histogram, Histogram) and histogram.series.cells.get(key) is not cell:
            # The overflow series: asked for each time, as each record in it is counted as such.
            return cell.record
        if ending is SUCCESS:
            self._success = cell.record
        else:
            self._others[ending] = cell.record
        return cell.record


class Recorder:
    """Classifies the runs of one operation and records them. Raises no `Exception`."""

    __slots__ = ("_classification", "_faults", "asks_results", "series")

    def __init__(self, series: Series, given: Classifiers, telemetry: Telemetry) -> None:
        self.series = series
        self._faults = telemetry.faults
        self._classification = Classification(
            given, telemetry.error_types(OPERATION_DURATION).of, self._fault
        )
        self.asks_results = bool(given.ignored or given.good_results)

    @property
    def succeeded(self) -> Callable[[float], None]:
        """What records a success; drivers take it out once."""
        return self.series.succeeded

    def returned(self, result: object, elapsed: float) -> None:
        """Record a run that gave a result."""
        try:
            self.series.ended(self._classification.returned(result), elapsed)
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            self._fault(error)

    def raised(self, error: BaseException, elapsed: float) -> None:
        """Record a run that raised."""
        try:
            self.series.ended(self._classification.raised(error), elapsed)
        except Exception as fault:  # noqa: BLE001 - telemetry never raises into the application
            self._fault(fault)

    def left(self, said: Said, error: BaseException | None, elapsed: float) -> None:
        """Record a block that ended."""
        try:
            self.series.ended(self._classification.left(said, error), elapsed)
        except Exception as fault:  # noqa: BLE001 - telemetry never raises into the application
            self._fault(fault)

    def _fault(self, error: Exception) -> None:
        self._faults.internal_error("metrics", error)


def _point(context: Context) -> Exemplar | None:
    return exemplar_of(get_current_span(context).get_span_context())
