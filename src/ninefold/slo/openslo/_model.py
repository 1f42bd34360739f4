"""What was read: a document as it stands in a file, and the SLO that it declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from ninefold.core import shown
from ninefold.errors import ConfigurationError
from ninefold.sli import Objective

__all__ = ["At", "BudgetingMethod", "Document", "LeftOut", "Slo", "TimeSlices", "step"]

BudgetingMethod: TypeAlias = Literal["Occurrences", "Timeslices", "RatioTimeslices"]


def step(at: str, key: str) -> str:
    """The path of what stands under `key` in what stands at `at`."""
    told = key if key.isprintable() and 0 < len(key) <= 80 else shown(key)
    return f"{at}.{told}" if at else told


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One OpenSLO document, of which the head alone is checked yet.

    `index` counts from 1 in its file; `service` is whose an SLO is, and None for other kinds.
    `lines` says on which line the value at a path (`spec.objectives[0].target`) stands.
    """

    file: Path
    index: int
    line: int
    kind: str
    name: str
    service: str | None
    content: Mapping[str, object] = field(repr=False)
    lines: Mapping[str, int] = field(repr=False)

    def error(self, at: str, problem: str) -> ConfigurationError:
        """The error that what stands at the path `at` has a problem."""
        return ConfigurationError(f"{self.place(at)}: {at} {problem}")

    def place(self, at: str = "") -> str:
        """Where to look: the file, the document in it, and the line."""
        near = at
        while near and near not in self.lines:
            near = near[: max(near.rfind("."), near.rfind("["), 0)]
        line = self.lines[near] if near else self.line
        return f"{self.file}, document {self.index}, line {line}"


class At(NamedTuple):
    """A value in a document, by its path."""

    document: Document
    path: str

    def __str__(self) -> str:
        return f"{self.path} ({self.document.place(self.path)})"

    def error(self, problem: str) -> ConfigurationError:
        """The error that this value has a problem."""
        return self.document.error(self.path, problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSlices:
    """How a budget in slices of time is spent: slices of `window` seconds.

    `target` is the share of good events that makes a slice good; None under RatioTimeslices, where
    slices are averaged.
    """

    window: float
    target: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slo:
    """An SLO of this service, checked, with the objective that it declares.

    `annotations` are all of the document's, ninefold's and others'. `time_slices` is None under
    Occurrences; events are counted alike under every method.
    """

    document: Document = field(repr=False)
    service: str
    display_name: str | None
    description: str | None
    labels: Mapping[str, object]
    annotations: Mapping[str, str]
    budgeting_method: BudgetingMethod
    time_slices: TimeSlices | None
    objective: Objective

    @property
    def name(self) -> str:
        """The SLO's name, and its objective's."""
        return self.objective.name


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """An SLO of this service for which nothing is counted in the process, and why.

    `is_surprising` is whether its author may have expected otherwise.
    """

    document: Document = field(repr=False)
    why: str
    is_surprising: bool

    def __str__(self) -> str:
        return f"{self.document.place()}: the SLO {self.document.name!r} {self.why}"
