"""A method of a client that is measured: put in place once, and taken out again.

Works on a class, for all its objects made before and after, and on one object. There the original
is looked up on the class at each call, so that what a test puts on the class meanwhile is honoured.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from types import MethodType
from typing import Any, Final, final

from ninefold.integrations._http_client import OutgoingRequests

__all__ = ["Around", "hook", "hooked", "unhook"]

Around = Callable[[Callable[..., Any], OutgoingRequests], Callable[..., Any]]
"""Makes the method that stands in for an original; both take `self` first."""

_HOOK: Final = "__ninefold_hook__"


@final
class _Hook:
    __slots__ = ("installed", "original", "requests")

    def __init__(self, original: Callable[..., Any] | None, requests: OutgoingRequests) -> None:
        self.original = original
        self.requests = requests
        self.installed: object = None


def hooked(owner: object, name: str) -> bool:
    """Whether the method is measured, by itself or through the class."""
    found = _find(getattr(owner, name))
    return found is not None and found.requests.on


def hook(owner: object, name: str, around: Around, requests: OutgoingRequests) -> None:
    """Put what `around` makes in the place of a method.

    Raises `AttributeError` where there is no such method.
    """
    own = vars(owner).get(name)
    if inspect.isclass(owner):
        original = getattr(owner, name)
    elif own is None:
        original = _of_class(owner, name)
    else:
        original = _of_object(own)
    found = _Hook(own, requests)
    method = around(original, requests)
    setattr(method, _HOOK, found)
    found.installed = method if inspect.isclass(owner) else MethodType(method, owner)
    setattr(owner, name, found.installed)


def unhook(owner: object, name: str) -> None:
    """Undo `hook`. Under what somebody else put around it since, it stays and measures nothing."""
    own = vars(owner).get(name)
    found = _find(own)
    if found is None:
        return
    found.requests.on = False
    if own is not found.installed:
        return
    if found.original is None:
        delattr(owner, name)
    else:
        setattr(owner, name, found.original)


def _find(method: object) -> _Hook | None:
    # Wrappers of every kind hand the mark of what they wrap on.
    found = getattr(method, _HOOK, None)
    return found if isinstance(found, _Hook) else None


def _of_class(owner: object, name: str) -> Callable[..., Any]:
    @wraps(getattr(type(owner), name))
    def call(self: object, *args: Any, **kwargs: Any) -> Any:
        return getattr(type(self), name)(self, *args, **kwargs)

    return call


def _of_object(own: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(own)
    def call(self: object, *args: Any, **kwargs: Any) -> Any:
        del self
        return own(*args, **kwargs)

    return call
