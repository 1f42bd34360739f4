"""Says once, when a service starts up, which objectives name what is not there."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ninefold.sli.objective._declared import Objectives
    from ninefold.telemetry import Faults

_log = logging.getLogger("ninefold.sli")


class UnknownNames:
    """Looks at a service's objectives when it starts up; never raises.

    `routes`, `operations` and `dependencies` are asked then, as `Objectives.unknown` wants them;
    `others` gives sentences about whatever else is named in vain.
    What was said before a fork is not said again by the children.
    """

    def __init__(
        self,
        objectives: Objectives,
        faults: Faults,
        *,
        routes: Callable[[], Iterable[str] | None],
        operations: Callable[[], Mapping[str, Iterable[str]]],
        dependencies: Callable[[], Iterable[str] | None] = lambda: None,
        others: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        self._objectives = objectives
        self._faults = faults
        self._routes = routes
        self._operations = operations
        self._dependencies = dependencies
        self._others = others
        self._looked = False
        self._said: dict[str, object] = {}

    def when_built(self, built: object) -> None:
        """The first thing is measured: start-up for a process that serves no application.

        One that does may measure something while it is still imported, with half of its routes
        declared: there the first request is waited for.
        """
        if self._objectives.declared and self._routes() is None:
            self._look()

    def when_serving(self) -> None:
        """A server starts the application up, or the first request comes."""
        if not self._looked:
            self._looked = True
            self._look()

    def _look(self) -> None:
        try:
            told = list(self._others())
            if self._objectives.declared:
                told += self._objectives.unknown(
                    routes=self._routes(),
                    operations=self._operations(),
                    dependencies=self._dependencies(),
                )
            for sentence in told:
                # In one step, so that of several threads one says it.
                mine = object()
                if self._said.setdefault(sentence, mine) is mine:
                    _log.warning("%s", sentence)
        except Exception as error:  # noqa: BLE001 - it is a request that pays for this
            self._faults.internal_error("metrics", error)
