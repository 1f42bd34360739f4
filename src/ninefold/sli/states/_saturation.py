"""How full a resource is: `service.saturation`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ninefold.core import require_non_negative, require_positive
from ninefold.registry import SATURATION_UTILIZATION
from ninefold.sli.states._asked import Named, ask, require_callable
from ninefold.telemetry import LARGEST, plain

if TYPE_CHECKING:
    from ninefold.telemetry import Observation, Telemetry

Amount = float | Callable[[], float]


class _Resource(NamedTuple):
    usage: Amount
    limit: Amount


class Saturation:
    """Shows `ninefold.saturation.utilization`, asked for whenever a reader collects."""

    __slots__ = ("_faults", "_named")

    def __init__(self, telemetry: Telemetry) -> None:
        self._faults = telemetry.faults
        self._named: Named[_Resource] = Named("saturation")
        telemetry.observe(SATURATION_UTILIZATION, self._read)

    def register(self, name: str, *, usage: Amount, limit: Amount) -> None:
        """Have `usage / limit` told, each a number or a callable that answers with one.

        Raises `ConfigurationError` for a name that is none or is taken, and for a constant that
        cannot be meant: a usage below 0, a limit of 0 or below, no finite number. The same from a
        callable, or an exception, costs the resource's point, and is counted.
        """
        if callable(usage):
            require_callable("usage", usage, write="usage=pool.busy")
        else:
            require_non_negative("usage", usage)
        if callable(limit):
            require_callable("limit", limit, write="limit=pool.size")
        else:
            require_positive("limit", limit)
        self._named.register(name, _Resource(usage, limit))

    def names(self) -> tuple[str, ...]:
        """What is registered so far."""
        return self._named.names()

    def _read(self) -> list[Observation]:
        found: list[Observation] = []
        for name, resource in self._named.items():
            usage = self._amount(resource.usage)
            limit = self._amount(resource.limit)
            if usage is None or limit is None:
                continue
            if limit == 0:
                self._faults.invalid_value(limit)
                continue
            # A limit so small that this is infinite is dropped where observations are checked.
            found.append((usage / limit, (name,)))
        return found

    def _amount(self, said: Amount) -> float | None:
        """A finite number that is not negative, or None, counted."""
        answer = ask(said, self._faults) if callable(said) else (said,)
        if answer is None:
            return None
        number = plain(answer[0])
        if not 0 <= number <= LARGEST:
            self._faults.invalid_value(answer[0])
            return None
        return number
