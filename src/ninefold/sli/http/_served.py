"""The applications that a service measures, held weakly, and the routes that they serve."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TypeAlias

__all__ = ["Applications", "Route", "Routes", "merged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A route that an application serves.

    - `template` is spelled as `http.route` will be.
    - `methods` are those it was declared with; none of them means any. HEAD, which counts as GET
      does, and the OPTIONS that a framework adds by itself are not told apart.
    - `builtin` says that the framework made it: documentation pages, Flask's static files.
    """

    template: str
    methods: tuple[str, ...] = ()
    builtin: bool = False


Routes: TypeAlias = Callable[[object], tuple[Route, ...] | None]
"""What tells an application's routes; None where nobody can know them."""


def merged(routes: Iterable[Route]) -> tuple[Route, ...]:
    """One route for each template, in the order of the first, with the methods of all.

    >>> merged([Route(template="/a", methods=("POST",)), Route(template="/a", methods=("GET",))])
    (Route(template='/a', methods=('GET', 'POST'), builtin=False),)
    """
    found: dict[str, Route] = {}
    for route in routes:
        before = found.get(route.template)
        if before is None:
            found[route.template] = route
            continue
        # One that answers to any method answers to all of them.
        any_method = not before.methods or not route.methods
        methods = () if any_method else tuple(sorted({*before.methods, *route.methods}))
        both = before.builtin and route.builtin
        found[route.template] = replace(before, methods=methods, builtin=both)
    return tuple(found.values())


class Applications:
    """What `service.instrument` was given of applications, for as long as these live.

    An application that a test or a factory drops can be collected: nothing here holds it. There is
    no lock that a fork could leave held: whatever changes the list does so in one step.
    """

    def __init__(self, exclude: Iterable[str]) -> None:
        self._exclude = tuple(exclude)
        self._held: list[tuple[weakref.ref[object], Routes]] = []

    def add(self, application: object, routes: Routes) -> None:
        """Remember an application and who knows its routes; a second time changes nothing."""
        if application not in self:
            for pair in tuple(self._held):
                if pair[0]() is None:
                    with suppress(ValueError):
                        self._held.remove(pair)
            self._held.append((weakref.ref(application), routes))

    def __contains__(self, application: object) -> bool:
        return any(known is application for known, _ in self._alive())

    def _alive(self) -> Iterator[tuple[object, Routes]]:
        for reference, routes in tuple(self._held):
            application = reference()
            if application is not None:
                yield application, routes

    def tells(self, application: object) -> bool:
        """Whether the routes of this application, which was added, can be known."""
        return any(
            known is application and routes(known) is not None for known, routes in self._alive()
        )

    def known(self) -> tuple[Route, ...]:
        """The routes of those applications that tell them, without those that are excluded."""
        told = (routes(application) for application, routes in self._alive())
        return merged(
            route
            for each in told
            for route in each or ()
            if not any(fnmatchcase(route.template, glob) for glob in self._exclude)
        )

    def serves(self, path: str) -> bool:
        """Whether an application is known to have a route of exactly this path itself."""
        told = (routes(application) for application, routes in self._alive())
        return any(route.template == path for each in told for route in each or ())

    def routes(self) -> tuple[Route, ...] | None:
        """As `known`; None where there is no application, or one that does not tell its routes."""
        told = [routes(application) is not None for application, routes in self._alive()]
        return self.known() if told and all(told) else None
