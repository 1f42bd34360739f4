"""Mix: traffic made up from a few figures, for those who have recorded none."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ninefold.core import (
    require_between,
    require_count,
    require_name,
    require_positive,
    shown,
)
from ninefold.errors import ConfigurationError
from ninefold.sampling.simulation._model import Part, Process, Span

__all__ = ["Mix", "Route"]

_PARAMETER: Final = re.compile(r"\{[^{}]*\}")
_METHOD: Final = re.compile(r"[A-Z]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A route, and how often it is asked for, compared with the others."""

    template: str
    weight: float = 1.0
    method: str = "GET"

    def __post_init__(self) -> None:
        require_name("route", self.template)
        if not self.template.startswith("/"):
            raise ConfigurationError(
                f"route must begin with /, got {shown(self.template)}; write"
                f" {'/' + self.template!r}"
            )
        require_positive("the weight of a route", self.weight)

    @classmethod
    def of(cls, text: str) -> Route:
        """The route that a text tells: `/pay/{id}=0.1`, `POST /pay/{id}=0.1`, `/items`.

        >>> Route.of("POST /pay/{id}=0.1")
        Route(template='/pay/{id}', weight=0.1, method='POST')
        """
        told, equals, weight = text.rpartition("=")
        if not equals:
            told, weight = text, "1"
        method, space, template = told.strip().partition(" ")
        if not space:
            method, template = "GET", method
        try:
            number = float(weight)
        except ValueError:
            number = None
        if number is None or _METHOD.fullmatch(method) is None:
            raise ConfigurationError(
                "route must be a template and its weight, with the method before it where that is"
                f" not GET, got {shown(text)}; write 'POST /pay/{{id}}=0.1'"
            )
        return cls(template=template.strip(), weight=number, method=method)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """Requests that come independently of one another, each of which is a trace in one process.

    - `requests_per_s` of all `processes` together, for `seconds`.
    - `errors` and `slow` are the shares of requests that fail, and that take
      `slower_than` seconds or longer; neither has to do with the other.
    - Each has `spans_per_trace` spans of `bytes_per_span` bytes; 300, the default, is about what
      ninefold's span of a request takes.

    The same `seed` makes the same traffic.
    """

    requests_per_s: float = 100.0
    seconds: float = 60.0
    processes: int = 1
    errors: float = 0.01
    slow: float = 0.01
    slower_than: float = 1.0
    spans_per_trace: int = 8
    bytes_per_span: int = 300
    routes: tuple[Route, ...] = (Route(template="/"),)
    seed: int = 1

    def __post_init__(self) -> None:
        require_positive("requests_per_s", self.requests_per_s, unit="requests per second")
        require_positive("seconds", self.seconds)
        require_count("processes", self.processes, minimum=1)
        require_between("errors", self.errors, 0, 1)
        require_between("slow", self.slow, 0, 1)
        require_positive("slower_than", self.slower_than, unit="seconds")
        require_count("spans_per_trace", self.spans_per_trace, minimum=1)
        require_count("bytes_per_span", self.bytes_per_span, minimum=1)
        if not self.routes:
            raise ConfigurationError(
                "routes must hold a route, got none; write Route(template='/')"
            )

    def parts(self) -> Iterator[Part]:
        """The traces, in the order in which they come."""
        chance = random.Random(self.seed)
        processes = [Process("mix", str(number)) for number in range(1, self.processes + 1)]
        weights = [route.weight for route in self.routes]
        at = chance.expovariate(self.requests_per_s)
        while at < self.seconds:
            [route] = chance.choices(self.routes, weights)
            yield self._part(at, route, chance.choice(processes), chance)
            at += chance.expovariate(self.requests_per_s)

    def _part(self, at: float, route: Route, process: Process, chance: random.Random) -> Part:
        failed = chance.random() < self.errors
        took = self.slower_than * (2.0 if chance.random() < self.slow else 0.5)
        attributes: Mapping[str, object] = {
            "http.request.method": route.method,
            "http.route": route.template,
            "url.path": _PARAMETER.sub(lambda _: str(chance.randrange(10**6)), route.template),
        }
        start = round(at * 1e9)
        first = Span(
            trace_id=chance.getrandbits(128),
            span_id=1,
            parent_id=0,
            process=process,
            kind="server",
            start=start,
            end=start + round(took * 1e9),
            failed=failed,
            size=self.bytes_per_span,
            entry=None,
            attributes=attributes,
        )
        return Part(
            first, spans=self.spans_per_trace, size=self.spans_per_trace * self.bytes_per_span
        )
