"""What an integration is: a thing that knows how to instrument one framework's objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from ninefold.config import Settings
from ninefold.health import Health
from ninefold.service import Heartbeats
from ninefold.sli import Objectives
from ninefold.sli.http import Route
from ninefold.sli.process import EventLoops
from ninefold.telemetry import ServerTracing, Telemetry


class Host(Protocol):
    """What an integration needs of the service that it instruments for."""

    @property
    def settings(self) -> Settings:
        """The effective settings."""
        ...

    @property
    def telemetry(self) -> Telemetry:
        """Where measurements go."""
        ...

    @property
    def tracing(self) -> ServerTracing:
        """Where requests' traces begin."""
        ...

    @property
    def objectives(self) -> Objectives:
        """What the service promises, and what counts towards it."""
        ...

    @property
    def event_loops(self) -> EventLoops:
        """What watches the loops that requests are served on."""
        ...

    @property
    def health(self) -> Health:
        """What answers `/readyz` and its siblings."""
        ...

    @property
    def heartbeats(self) -> Heartbeats:
        """What tells whether the process still serves."""
        ...

    def serves(self, path: str) -> bool:
        """Whether an application of it has a route of exactly this path itself."""
        ...

    def start(self) -> None:
        """Begin what otherwise begins with the first request; never raises."""
        ...

    def warn_of_unknown(self) -> None:
        """Say once what objectives name that is not there; called as a service starts up."""
        ...

    def expose(self, accept: str) -> tuple[bytes, str]:
        """The metrics as Prometheus reads them, and their content type."""
        ...

    def shutdown(self, timeout: float | None = None) -> bool:
        """Export what is held and end."""
        ...

    def force_flush(self, timeout: float | None = None) -> bool:
        """Export what is held now."""
        ...


class Integration(Protocol):
    """Instruments objects of one framework; named in the entry points `ninefold.integrations`."""

    instrument: Callable[[Any, Host], Any]
    """Instrument an object in place and return it; where that cannot be, return a wrapped one.

    A second time changes nothing.
    """


class ServerIntegration(Integration, Protocol):
    """An integration whose objects serve requests."""

    serve_health: Callable[[Any, Host], Any]
    """Have an object answer for health, and leave it alone otherwise: `OTEL_SDK_DISABLED`."""

    routes: Callable[[Any], tuple[Route, ...] | None]
    """The routes that an instrumented object serves now, spelled as `http.route` will be.

    None where the object does not tell. What no `http.route` will ever name is not among them.
    """
