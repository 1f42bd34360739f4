"""Which integration knows a target: by the module, the class, or the shape of a callable."""

from __future__ import annotations

import inspect
import types
from collections.abc import Mapping, Set
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from ninefold.core import nearest
from ninefold.errors import ConfigurationError

GROUP = "ninefold.integrations"
"""The entry points by which integrations are found; nothing imports one."""
_FRAMEWORKS = {"asgi": ("fastapi", "starlette"), "wsgi": ("flask",)}
_DEPTH = 32
"""How many middlewares around each other are looked through for the application in them."""


@cache
def integrations() -> Mapping[str, EntryPoint]:
    """What is installed, by name; looked up once, as every distribution's files are read for it.

    Of two with one name the first on the path counts, as it does for modules.
    """
    return {point.name: point for point in reversed(tuple(entry_points(group=GROUP)))}


def integration_name(target: object) -> str:
    """The name of the integration that knows `target`; raises `ConfigurationError` where none does.

    A framework's name, or `asgi` and `wsgi` for a bare callable.
    """
    if isinstance(target, types.ModuleType):
        known = set(integrations())
        if target.__name__ in known:
            return target.__name__
        raise ConfigurationError(_unknown(f"the module {target.__name__}", target.__name__, known))
    known = integrations().keys() - {"asgi", "wsgi"}
    name = _framework(target, known)
    if name is not None:
        return name
    shape = _callable_shape(target)
    if shape is None:
        raise ConfigurationError(_unknown(repr(target)[:200], type(target).__module__, known))
    # A middleware of the application's own: what it is around is in its attribute `app`, as a rule.
    within: object = target
    for _ in range(_DEPTH):
        within = getattr(within, "app", None)
        name = _framework(within, known)
        if name is not None and name in _FRAMEWORKS[shape]:
            return name
    return shape


def _framework(target: object, known: Set[str]) -> str | None:
    for kind in type(target).__mro__:
        top = kind.__module__.partition(".")[0]
        if top in known:
            return top
    return None


def _unknown(what: str, near: str, known: set[str]) -> str:
    hint = nearest(near, sorted(known))
    return (
        f"cannot instrument {what}: it is no application or client of {', '.join(sorted(known))}"
        + (f" (did you mean {hint}?)" if hint else "")
        + ", nor an ASGI or WSGI callable"
    )


def _callable_shape(target: object) -> str | None:
    """Tell a bare ASGI callable (three arguments) from a WSGI one (two)."""
    if not callable(target):
        return None
    try:
        parameters = inspect.signature(target).parameters.values()
    except (TypeError, ValueError):
        return None
    wanted = [
        parameter
        for parameter in parameters
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        and parameter.default is parameter.empty
    ]
    match len(wanted):
        case 3:
            return "asgi"
        case 2:
            return "wsgi"
        case _:
            return None
