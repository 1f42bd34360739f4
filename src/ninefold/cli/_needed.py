"""What is known of a dependency that a service needs, and what of that is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ninefold.dependency import Dependency
from ninefold.health import Health, counts_through

__all__ = ["Needed", "needed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """A dependency: what its failure means, how that is noticed, and what there is against it.

    - `role` is `critical` or `optional`, and `through` holds those through which alone it counts,
      which no role says.
    - `owner` is its own, not the service's.
    - `has_fallback` says that one is known: of its policy, or of a function that it guards; None
      where the service only watches over it, and calls it by other ways if at all.
    - `redundancy` is what is said of it, or how many replicas there are; None for one alone.
    """

    name: str
    role: str
    through: tuple[str, ...]
    owner: str | None
    has_check: bool
    runbook: str | None
    has_fallback: bool | None
    redundancy: str | None

    @property
    def is_critical(self) -> bool:
        """Whether the service is down without it."""
        return self.role == "critical" and not self.through

    @property
    def is_called(self) -> bool:
        """Whether the service calls it itself, as far as is said."""
        return self.has_fallback is not None and not self.through

    @property
    def missing(self) -> tuple[str, ...]:
        """What a critical one must have and does not."""
        if not self.is_critical:
            return ()
        there = {"check": self.has_check, "runbook": self.runbook is not None}
        return tuple(what for what, is_there in there.items() if not is_there)

    @property
    def exposed(self) -> tuple[str, ...]:
        """What would help once it fails, and is not there; of a critical one."""
        if not self.is_critical:
            return ()
        there = {
            "fallback": self.has_fallback is not False,
            "redundancy": self.redundancy is not None,
            "runbook": self.runbook is not None,
        }
        return tuple(what for what, is_there in there.items() if not is_there)


def needed(dependencies: Mapping[str, Dependency], health: Health) -> list[Needed]:
    """What is known of `dependencies`, and of whatever else `health` watches over."""
    through = counts_through(health.places.values())
    found: list[Needed] = []
    for name, entry in health.entries().items():
        declared = dependencies[name].declared if name in dependencies else None
        replicas = max(len(entry.checks), (declared and declared.replicas) or 1)
        several = f"{replicas} replicas" if replicas > 1 else None
        found.append(
            Needed(
                name=name,
                role=entry.place.role or "critical",
                through=through.get(name, ()),
                owner=entry.about.get("owner"),
                has_check=bool(entry.checks),
                runbook=entry.about.get("runbook"),
                has_fallback=None if declared is None else dependencies[name].has_fallback,
                redundancy=(declared and declared.redundancy) or several,
            )
        )
    return found
