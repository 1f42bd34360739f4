"""The limit of series on an application's own instrument, which the SDK does not have."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, final

from ninefold.telemetry._instruments import OVERFLOW

if TYPE_CHECKING:
    from ninefold.telemetry._faults import Faults

__all__ = ["SeriesLimit"]


@final
class SeriesLimit:
    """At most `most` attribute sets of one instrument, the overflow one included.

    Who came first stays in, so totals are exact: what comes after is summed under
    `otel.metric.overflow=true` (OpenTelemetry specification, metrics SDK, "Cardinality limits").
    """

    __slots__ = ("_faults", "_lock", "_most", "_name", "_seen")

    def __init__(self, name: str, most: int, faults: Faults) -> None:
        self._name = name
        self._most = most
        self._faults = faults
        # Re-entrant, as those of cells: a signal handler may record while its thread does.
        self._lock = threading.RLock()
        self._seen: set[frozenset[tuple[str, object]]] = set()

    def of(self, attributes: Mapping[str, object] | None) -> Mapping[str, object] | None:
        """The attributes to record under: those given, or the overflow's."""
        if not attributes:
            return attributes
        try:
            key = frozenset(attributes.items())
        except TypeError:
            # Lists have no hash; which SDKs take them is theirs to say.
            key = frozenset((name, repr(value)) for name, value in attributes.items())
        seen = self._seen
        if key in seen:
            return attributes
        with self._lock:
            # The series without attributes has its place, whether it is there or not.
            if len(seen) < self._most - 2:
                seen.add(key)
                return attributes
        self._faults.dropped("metrics", "cardinality", 1, self._name)
        return OVERFLOW
