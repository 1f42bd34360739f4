"""Two counter series for each name, both there at zero from the first call on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from ninefold.core import require_name
from ninefold.errors import ConfigurationError

if TYPE_CHECKING:
    from ninefold.telemetry import AnyCounter, Faults, Key

RESERVED: Final = 200
"""How many names have series outside the limit of series; further ones count towards it.

Names come from running code: were all of them reserved, a name made of a customer's number would
fill the memory, which is what the limit is there to prevent.
"""

Wanted = tuple["AnyCounter", "Key"]


class Series(Protocol):
    """A series that is added to; it drops and counts what cannot be added."""

    def add(self, value: float) -> None:
        """Add to the sum."""


class Pair(NamedTuple):
    """The two series of a name, and the name as plain text."""

    name: str
    first: Series
    second: Series


class Pairs:
    """Finds the two series of a name, or makes them. Nothing here raises."""

    __slots__ = ("_faults", "_pairs", "_wanted")

    def __init__(self, wanted: Callable[[str], tuple[Wanted, Wanted]], faults: Faults) -> None:
        self._wanted = wanted
        self._faults = faults
        # Without a lock: two threads that meet here are given the same series, and a name or two
        # over the number does no harm.
        self._pairs: dict[str, Pair] = {}

    def of(self, name: str) -> Pair | None:
        """The series of `name`, or None, counted, for what cannot be a name."""
        try:
            return self._pairs.get(name) or self._open(name)
        except (ConfigurationError, TypeError):
            # A TypeError is a list or another thing without a hash.
            self._faults.invalid_value(name)
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            self._faults.internal_error("metrics", error)
        return None

    def _open(self, name: str) -> Pair:
        require_name("name", name)
        # An enum's member is text too, and would be told by its own `str` to some exporters.
        name = str.__str__(name)
        (first, first_key), (second, second_key) = self._wanted(name)
        if len(self._pairs) >= RESERVED:
            return Pair(name, first.cell(first_key), second.cell(second_key))
        pair = Pair(name, first.reserve(first_key), second.reserve(second_key))
        self._pairs[name] = pair
        return pair
