"""Changes: what is to be logged, as it differs from what was told the last time. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ninefold.health._rollup import Overall

__all__ = ["Change", "Changes"]


@dataclass(frozen=True, slots=True)
class Change:
    """Who is no longer as before, and why."""

    who: str
    before: str
    after: str
    why: str

    @property
    def is_bad(self) -> bool:
        """Whether somebody should look."""
        return self.after.upper() not in ("UP", "STARTING")


class Changes:
    """Remembers what was told of a service, which is called `name`, and of its dependencies."""

    __slots__ = ("_name", "_status", "_told")

    def __init__(self, name: str | None) -> None:
        self._name = name or "the service"
        self._told: dict[str, str] = {}
        self._status = "STARTING"

    def of(self, overall: Overall, unchecked: Collection[str]) -> list[Change]:
        """What has changed. That nobody has called an unchecked dependency of late is no change."""
        changed: list[Change] = []
        for name, judged in (overall.judged or {}).items():
            if judged.state == "unknown" and name in unchecked:
                continue
            before = self._told.get(name, "starting")
            if judged.state != before:
                changed.append(Change(f"dependency {name}", before, judged.state, judged.reason))
            self._told[name] = judged.state
        if overall.status != self._status:
            told = [overall.reason]
            if overall.cause:
                told.append(f"root cause {overall.cause}")
            told.append("ready" if overall.ready else "not ready")
            why = "; ".join(filter(None, told))
            changed.append(Change(self._name, self._status, overall.status, why))
            self._status = overall.status
        return changed
