"""Graph: which dependency stands on which, as a service declares it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ninefold.core import nearest
from ninefold.errors import ConfigurationError
from ninefold.health._model import Place

__all__ = ["counts", "counts_through", "is_indirect", "refuse_cycle", "unknown_upstreams"]


def is_indirect(places: Iterable[Place]) -> frozenset[str]:
    """The names of those that count only through others, which have them as upstreams.

    >>> is_indirect([Place(name="catalog", upstreams=("search",)), Place(name="search")])
    frozenset({'search'})
    """
    return frozenset(counts_through(places))


def counts_through(places: Iterable[Place]) -> dict[str, tuple[str, ...]]:
    """Those that count only through others, with the others' names.

    >>> counts_through([Place(name="catalog", upstreams=("search",)), Place(name="search")])
    {'search': ('catalog',)}
    """
    listed = list(places)
    above: dict[str, list[str]] = {}
    for place in listed:
        for upstream in place.upstreams:
            above.setdefault(upstream, []).append(place.name)
    return {
        place.name: tuple(above[place.name])
        for place in listed
        if place.role is None and place.name in above
    }


def refuse_cycle(places: Mapping[str, Place], added: Place) -> None:
    """Raise `ConfigurationError` where `added` would be upstream of itself."""
    path: dict[str, str] = {}
    waiting = [(upstream, added.name) for upstream in added.upstreams]
    while waiting:
        name, below = waiting.pop()
        if name in path:
            continue
        path[name] = below
        if name == added.name:
            chain = [name]
            while (step := path[chain[-1]]) != name:
                chain.append(step)
            told = " -> ".join([added.name, *reversed(chain)])
            raise ConfigurationError(
                f"{added.name!r} would be upstream of itself ({told}); leave one of these"
                " upstreams out"
            )
        place = places.get(name)
        waiting += [(upstream, name) for upstream in (place.upstreams if place else ())]


def unknown_upstreams(places: Mapping[str, Place]) -> list[str]:
    """What `upstreams` name that is declared nowhere, a sentence each."""
    told: list[str] = []
    for place in places.values():
        for upstream in place.upstreams:
            if upstream not in places:
                near = nearest(upstream, places)
                hint = f"; did you mean {near!r}?" if near is not None else ""
                told.append(
                    f"there is no dependency {upstream!r}, which the upstreams of {place.name!r}"
                    f" name{hint}"
                )
    return told


def counts(place: Place, indirect: frozenset[str]) -> bool:
    """Whether the service cannot do without it, and calls it itself."""
    return place.role != "optional" and place.name not in indirect
