"""The operations of one service: made by name, and remembered for checks at start-up."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from ninefold.core import Runtime
from ninefold.errors import ConfigurationError
from ninefold.sli.operation._metrics import Recorder, Series
from ninefold.sli.operation._model import NONE, Classifier, MeasuredOperation, classifiers
from ninefold.sli.operation._operation import Operation
from ninefold.telemetry import restart_after_fork

if TYPE_CHECKING:
    from ninefold.sli.objective import OperationObjectives
    from ninefold.telemetry import Telemetry


class Operations:
    """Makes operations. What it remembers of them is bounded by the limit of series."""

    def __init__(
        self,
        telemetry: Telemetry,
        objectives: OperationObjectives,
        *,
        owner: str | None = None,
        runtime: Runtime | None = None,
    ) -> None:
        self._telemetry = telemetry
        self._objectives = objectives
        self._owner = owner
        self._clock = (Runtime() if runtime is None else runtime).clock
        self._lock = threading.RLock()
        self._recorders: dict[str, Recorder] = {}
        """By name, what records without a classifier."""
        self._known: dict[str, MeasuredOperation] = {}
        self._owned: set[str] = set()
        restart_after_fork(self)

    def restart(self) -> None:
        """Take a lock of its own, as a forked child must; what is known stays."""
        self._lock = threading.RLock()

    @property
    def known(self) -> Mapping[str, MeasuredOperation]:
        """The operations by name, `max_series` of them at most."""
        return MappingProxyType(self._known)

    def measure(
        self,
        name: str,
        *,
        good: Classifier | Iterable[Classifier] | None = None,
        ignore: Classifier | Iterable[Classifier] | None = (),
        owner: str | None = None,
        runtime: Runtime | None = None,
    ) -> Operation:
        """Make an operation; `Service.measure` says what the arguments mean."""
        recorder = self._recorders.get(name) if type(name) is str else None
        if recorder is None or owner is not None:
            recorder = self._remember(name, owner)
        given = classifiers(good, ignore)
        if given is not NONE:
            recorder = Recorder(recorder.series, given, self._telemetry)
        clock = self._clock if runtime is None else runtime.clock
        return Operation(name, None if self._telemetry.disabled else recorder, clock)

    def _remember(self, name: str, owner: str | None) -> Recorder:
        told = MeasuredOperation(name=name, owner=self._owner if owner is None else owner)
        with self._lock:
            known = self._known.get(name)
            if known is None:
                series = Series(name, self._telemetry, self._objectives)
                recorder = Recorder(series, NONE, self._telemetry)
                if len(self._known) >= self._telemetry.settings.max_series:
                    return recorder
                self._recorders[name], self._known[name] = recorder, told
            elif owner is not None:
                if name in self._owned and known.owner != owner:
                    raise ConfigurationError(
                        f"operation {name!r} is owned by {known.owner!r} and by {owner!r}; say one"
                        " owner, or give the two operations names of their own"
                    )
                self._known[name] = told
            if owner is not None:
                self._owned.add(name)
            return self._recorders[name]
