"""The annotations `ninefold/…` of a document: which there are, and what they say besides an SLI."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ninefold.core import shown
from ninefold.slo.openslo._decode import unknown
from ninefold.slo.openslo._model import Document, step
from ninefold.slo.openslo._shape import Metadata

__all__ = ["DEFINING", "PREFIX", "Duties", "annotations_of", "duties", "path_of"]

PREFIX: Final = "ninefold/"
DEFINING: Final = ("sli", "route", "operation", "dependency", "side", "threshold")
"""Those that say what is measured; a `metricSource` has the same fields."""
_KNOWN: Final = frozenset(
    (
        *DEFINING,
        "owner",
        "runbook",
        "escalation",
        "min-bad-events",
        "vendor",
        "controls",
        "retention",
    )
)
_COUNT: Final = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Duties:
    """Who does what when an objective is in danger; and whom it was agreed with."""

    owner: str | None
    runbook: str | None
    escalation: str | None
    min_bad_events: int
    vendor: str | None


def path_of(at: str, name: str) -> str:
    """The path of the annotation `ninefold/<name>` of the metadata at `at`."""
    return f"{at}.annotations.{PREFIX}{name}"


def annotations_of(document: Document, at: str, metadata: Metadata | None) -> Mapping[str, str]:
    """All annotations of the metadata at the path `at`; those of ours must be known."""
    given = (metadata.annotations if metadata is not None else None) or {}
    read: dict[str, str] = {}
    for key, value in given.items():
        path = step(f"{at}.annotations", key)
        if key.startswith(PREFIX) and key.removeprefix(PREFIX) not in _KNOWN:
            # By the part of ours alone: the prefix makes every name look like every other.
            hint = unknown(key.removeprefix(PREFIX), _KNOWN)
            raise document.error(path, f"is no annotation of ninefold; {hint}")
        if not isinstance(value, str):
            quoted = f', "{value}"' if isinstance(value, int | float) else ""
            raise document.error(
                path,
                f"must be text, as every annotation of OpenSLO, got {shown(value)}; put it into"
                f" quotes{quoted}",
            )
        read[key] = value
    return read


def duties(document: Document, annotations: Mapping[str, str], *, owner: str | None) -> Duties:
    """What the annotations of an SLO say; `owner` answers for it where they name nobody."""
    written = annotations.get(f"{PREFIX}min-bad-events", "5").strip()
    if not _COUNT.fullmatch(written):
        raise document.error(
            path_of("metadata", "min-bad-events"),
            f'must be a whole number >= 1 events, got {shown(written)}; write "5"',
        )
    return Duties(
        owner=annotations.get(f"{PREFIX}owner", owner),
        runbook=annotations.get(f"{PREFIX}runbook"),
        escalation=annotations.get(f"{PREFIX}escalation"),
        min_bad_events=int(written),
        vendor=annotations.get(f"{PREFIX}vendor"),
    )
