"""The objectives of one service: declared once, counted from the first event that they concern."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, assert_never

from ninefold.core import nearest
from ninefold.errors import ConfigurationError
from ninefold.registry import (
    DEPENDENCY_ATTEMPTS,
    DEPENDENCY_CALL_DURATION,
    EVENTS,
    HTTP_SERVER_REQUEST_DURATION,
    OPERATION_DURATION,
)
from ninefold.sli.objective._dependency import DependencyObjectives
from ninefold.sli.objective._engine import (
    Standing,
    Verdict,
    attempt_verdict,
    call_verdict,
    operation_verdict,
)
from ninefold.sli.objective._http import HttpObjectives, labels_of, standing_of
from ninefold.sli.objective._metrics import Events
from ninefold.sli.objective._model import (
    DependencyAvailability,
    Freshness,
    HttpAvailability,
    HttpFirstByte,
    HttpKind,
    HttpLatency,
    Objective,
    OperationAvailability,
    OperationLatency,
    Quality,
    Saturation,
    Throughput,
)
from ninefold.sli.objective._operation import OperationObjectives, QualityObjectives
from ninefold.telemetry import Histogram, restart_after_fork

if TYPE_CHECKING:
    from ninefold.telemetry import AnyCounter, AnyHistogram, Key, Telemetry

_log = logging.getLogger("ninefold.sli")

CODE = "code"
"""The source of an objective that the application declares."""


class Objectives:
    """What a service promises, and what counts towards it."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._lock = threading.RLock()
        self._declared: dict[str, Objective] = {}
        self._events = Events(telemetry)
        durations = telemetry.histogram(HTTP_SERVER_REQUEST_DURATION)
        cells = durations.series.cells if isinstance(durations, Histogram) else {}
        self.http = HttpObjectives(self._events, self._warn_of_streams, cells)
        self.operations = OperationObjectives(self._events)
        self.dependencies = DependencyObjectives(self._events)
        self.quality = QualityObjectives(self._events)
        restart_after_fork(self)

    def restart(self) -> None:
        """Take locks of its own, as a forked child must; what is declared stays."""
        self._lock = threading.RLock()
        self._events.restart()
        self.http.restart()

    @property
    def declared(self) -> Mapping[str, Objective]:
        """Every objective by its name, in the order in which they were declared."""
        return MappingProxyType(self._declared)

    @property
    def streamed(self) -> Mapping[str, int]:
        """By latency objective, the responses that were no events as they were streamed."""
        return MappingProxyType(self.http.streamed)

    def declare(self, objective: Objective) -> Objective:
        """Count for `objective` from now on, and return the one that is in force.

        The same again changes nothing. One from a file wins over one of that name from code.

        Raises `ConfigurationError` for a name that is taken by another objective, and for an
        objective that comes after the first event that it concerns: its counts would be short.
        """
        with self._lock:
            present = self._declared.get(objective.name)
            if present is not None:
                return self._present(present, objective)
            if not self._telemetry.disabled:
                self._count(objective)
            self._declared[objective.name] = objective
            return objective

    def _present(self, present: Objective, again: Objective) -> Objective:
        if present == again:
            return present
        if present.source != CODE and again.source == CODE:
            _log.info("objective %r is taken from %s", again.name, present.source)
            return present
        if present.kind == again.kind and present.source == again.source:
            differ = ", ".join(
                f"{key} {getattr(present, key)!r} and {getattr(again, key)!r}"
                for key in ("owner", "runbook", "escalation", "min_bad_events")
                if getattr(present, key) != getattr(again, key)
            )
            raise ConfigurationError(
                f"objective {again.name!r} is declared twice in {again.source}, with {differ}; say"
                " one of them, or give one of the objectives another name"
            )
        raise ConfigurationError(
            f"objective {again.name!r} is declared twice, in {present.source} as {present.kind}"
            f" and in {again.source} as {again.kind}; give one of them another name"
        )

    def _count(self, objective: Objective) -> None:
        name, kind, telemetry = objective.name, objective.kind, self._telemetry
        match kind:
            case HttpAvailability() | HttpLatency() | HttpFirstByte():
                limits = () if isinstance(kind, HttpAvailability) else (kind.threshold,)
                durations = telemetry.histogram(HTTP_SERVER_REQUEST_DURATION)
                self._refuse_late(name, durations, partial(_is_event, kind))
                # What the objective is counted from, and a rule that asks the histogram as well.
                telemetry.histogram(HTTP_SERVER_REQUEST_DURATION, limits)
                self.http.add(name, kind)
            case OperationAvailability() | OperationLatency():
                threshold = kind.threshold if isinstance(kind, OperationLatency) else None
                counted = _of_operation(kind.operation, threshold)
                self._refuse_late(name, telemetry.histogram(OPERATION_DURATION), counted)
                telemetry.histogram(OPERATION_DURATION, () if threshold is None else (threshold,))
                self.operations.add(name, kind.operation, threshold)
            case DependencyAvailability():
                if kind.side == "ours":
                    calls = telemetry.histogram(DEPENDENCY_CALL_DURATION)
                    self._refuse_late(name, calls, partial(_is_call, kind))
                else:
                    attempts = telemetry.counter(DEPENDENCY_ATTEMPTS)
                    self._refuse_late(name, attempts, partial(_is_attempt, kind))
                self.dependencies.add(name, kind)
            case Quality():
                self._refuse_late(
                    name, telemetry.counter(EVENTS), lambda key: key[0] == kind.operation
                )
                self.quality.add(name, kind.operation)
            case Freshness() | Throughput() | Saturation():
                # Their minutes are judged by rule, from what the service emits of its state.
                return
            case _:
                assert_never(kind)

    @staticmethod
    def _refuse_late(
        name: str, instrument: AnyHistogram | AnyCounter, concerned: Callable[[Key], bool]
    ) -> None:
        series = getattr(instrument, "series", None)
        if series is None:
            # A provider of the user's own does not tell what was recorded.
            return
        for key, cell in list(series.cells.items()):
            if cell.touched and concerned(key):
                raise ConfigurationError(
                    f"objective {name!r} comes after the first event that it concerns, recorded as"
                    f" {' '.join(str(part) for part in key if part is not None)!r}; declare it"
                    " before the service takes traffic"
                )

    @staticmethod
    def _warn_of_streams(name: str, route: str | None) -> None:
        _log.warning(
            "objective %r leaves out a streamed response of %s: its end is up to the client, so it"
            " is no event of a latency objective; measure when it begins, with nf.first_byte (said"
            " once; further ones are counted in service.objectives.streamed)",
            name,
            route or "no route",
        )

    def unknown(
        self,
        *,
        routes: Iterable[str] | None,
        operations: Mapping[str, Iterable[str]],
        dependencies: Iterable[str] | None = None,
    ) -> list[str]:
        """What objectives name that nobody serves or measures, as sentences; the nearest with each.

        `routes` is None where they cannot be told, `dependencies` likewise. `operations` gives the
        names of what is measured by the kind's `sli`; a kind that is not in it is not looked at.
        """
        known = None if routes is None else set(routes)
        called = None if dependencies is None else set(dependencies)
        told: list[str] = []
        for objective in list(self._declared.values()):
            kind = objective.kind
            if isinstance(kind, HttpAvailability | HttpLatency | HttpFirstByte):
                if known is not None:
                    for route in kind.routes or ():
                        if route not in known:
                            told.append(_sentence(objective.name, "route", route, known))
            elif isinstance(kind, DependencyAvailability):
                if called is not None and kind.dependency not in called:
                    told.append(_sentence(objective.name, "dependency", kind.dependency, called))
            elif kind.sli in operations:
                names = set(operations[kind.sli])
                if kind.operation not in names:
                    what = kind.sli.partition(".")[0]
                    told.append(_sentence(objective.name, what, kind.operation, names))
        return told


def _is_event(kind: HttpKind, key: Key) -> bool:
    return standing_of(kind, labels_of(key)) is not Standing.OUT


def _is_call(kind: DependencyAvailability, key: Key) -> bool:
    reason = None if key[2] is None else str(key[2])
    verdict = call_verdict(str(key[1]), reason)
    return key[0] == kind.dependency and verdict is not Verdict.NO_EVENT


def _is_attempt(kind: DependencyAvailability, key: Key) -> bool:
    # How long those took is not known any more: what can have been an event was one.
    verdict = attempt_verdict(str(key[1]), math.inf, kind.slower_than)
    return key[0] == kind.dependency and verdict is not Verdict.NO_EVENT


def _of_operation(operation: str, threshold: float | None) -> Callable[[Key], bool]:
    def concerned(key: Key) -> bool:
        verdict = operation_verdict(threshold, outcome=str(key[1]), elapsed=0.0)
        return key[0] == operation and verdict is not Verdict.NO_EVENT

    return concerned


def _sentence(name: str, what: str, word: str, known: set[str]) -> str:
    near = nearest(word, sorted(known))
    hint = f"did you mean {near!r}?" if near else _listed(known)
    if what == "operation":
        # One that only the body of a function names may be spelled rightly, and yet to come.
        hint += "" if near else "."
        hint += (
            " If only the body of a function measures it, call"
            f" service.measure({word!r}) at import as well"
        )
    return f"objective {name!r} is about the {what} {word!r}, which is not there; {hint}"


def _listed(known: set[str]) -> str:
    if not known:
        return "there is none"
    return f"there are {', '.join(repr(each) for each in sorted(known)[:10])}"
