"""Propagators by the names OpenTelemetry gives them: `tracecontext`, `baggage`, `b3` and others."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from opentelemetry import propagate
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.propagators.textmap import TextMapPropagator

from ninefold.core import nearest
from ninefold.errors import ConfigurationError

if TYPE_CHECKING:
    from ninefold.config import Settings

_GROUP = "opentelemetry_propagator"
_BY_ITSELF = "OTEL_PROPAGATORS"
"""OpenTelemetry reads this variable when it is imported; who replaced them since meant to."""


def configured_propagator(settings: Settings) -> TextMapPropagator | None:
    """The propagator that a file, code or `NINEFOLD_PROPAGATORS` asks for; None to leave it be.

    Raises `ConfigurationError` for a name nobody provides.
    """
    names = settings.propagators
    if names is None or settings.origin("propagators").name == _BY_ITSELF:
        return None
    return composed(names)


def composed(names: Sequence[str]) -> TextMapPropagator:
    """Load the named propagators, in this order.

    >>> sorted(composed(["tracecontext"]).fields)
    ['traceparent', 'tracestate']
    """
    return CompositePropagator([_load(name) for name in names])


def _load(name: str) -> TextMapPropagator:
    points = entry_points(group=_GROUP)
    for point in points:
        if point.name == name:
            try:
                loaded: TextMapPropagator = point.load()()
            except Exception as error:
                raise ConfigurationError(
                    f"the propagator {name!r} cannot be imported: {error}; install what it needs,"
                    " or leave it out of the setting propagators"
                ) from error
            return loaded
    known = sorted({point.name for point in points})
    near = nearest(name, known)
    remedy = (
        "install the distribution that provides it, such as opentelemetry-propagator-b3"
        if near is None
        else f"did you mean {near!r}?"
    )
    raise ConfigurationError(
        f"no propagator is called {name!r}: installed are {', '.join(known)}; {remedy}"
    )


class Propagator:
    """The global propagator of one service: put in place, and taken back when it ends."""

    __slots__ = ("_before", "_ours")

    def __init__(self, ours: TextMapPropagator | None) -> None:
        self._ours = ours
        self._before: TextMapPropagator | None = None

    def install(self) -> None:
        """Make it the global one."""
        if self._ours is not None:
            self._before = propagate.get_global_textmap()
            propagate.set_global_textmap(self._ours)

    def remove(self) -> None:
        """Put back what was there, unless somebody has set another since."""
        before, self._before = self._before, None
        if before is not None and propagate.get_global_textmap() is self._ours:
            propagate.set_global_textmap(before)
