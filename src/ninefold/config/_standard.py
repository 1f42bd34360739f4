"""Reads the `OTEL_*` variables, which follow OpenTelemetry's rules instead of ours.

Numbers of time are whole milliseconds, `true` alone is true, and what is invalid is warned of and
ignored: the caller turns a `ConfigurationError` from here into a warning.
(OpenTelemetry specification, "Environment Variable Specification".)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from ninefold.config import _parse
from ninefold.core import nearest, shown
from ninefold.errors import ConfigurationError

T = TypeVar("T")

Read = Callable[[str, Mapping[str, str]], T | None]
"""Takes the variable's name and the environment; None where the variable says nothing to us."""

ARGUMENT = "OTEL_TRACES_SAMPLER_ARG"
_RATIO = "traceidratio"
_SAMPLERS: dict[str, tuple[float | None, str]] = {
    "always_on": (1.0, "ignore"),
    "always_off": (0.0, "ignore"),
    _RATIO: (None, "ignore"),
    "parentbased_always_on": (1.0, "respect"),
    "parentbased_always_off": (0.0, "respect"),
    f"parentbased_{_RATIO}": (None, "respect"),
}
OURS = "ninefold"


def plain(parse: Callable[[str, object], T]) -> Read[T]:
    """A reader of what OpenTelemetry and ninefold write alike."""

    def read(variable: str, environ: Mapping[str, str]) -> T | None:
        return parse(variable, environ[variable].strip())

    return read


def boolean(variable: str, environ: Mapping[str, str]) -> bool | None:
    """`true` or `false`, in whatever case; the specification forbids any other word for true."""
    word = environ[variable].strip().lower()
    if word not in ("true", "false"):
        raise ConfigurationError(f"{variable} must be true or false, got {shown(word)}")
    return word == "true"


def milliseconds(variable: str, environ: Mapping[str, str]) -> float | None:
    """Whole milliseconds, as float seconds.

    Zero means "no limit" to the specification; ninefold never waits without one.
    """
    written = environ[variable].strip()
    if not re.fullmatch(r"[0-9]{1,15}", written) or int(written) == 0:
        raise ConfigurationError(
            f"{variable} must be a whole number of milliseconds > 0, got {shown(written)}"
        )
    return int(written) / 1000


def sampler_ratio(variable: str, environ: Mapping[str, str]) -> float | None:
    """The share of root traces that the standard sampler named in `variable` keeps."""
    known = _sampler(variable, environ)
    if known is None:
        return None
    ratio = known[0]
    return _argument(environ) if ratio is None else ratio


def sampler_parent(variable: str, environ: Mapping[str, str]) -> str | None:
    """What the standard sampler named in `variable` does with a parent's decision."""
    known = _sampler(variable, environ)
    return None if known is None else known[1]


def argument_problem(environ: Mapping[str, str]) -> str | None:
    """What is wrong with the sampler's argument, where it is given and used."""
    name = environ.get("OTEL_TRACES_SAMPLER", "").strip().lower()
    written = environ.get(ARGUMENT, "").strip()
    if not written or not name.endswith(_RATIO):
        return None
    try:
        _parse.share(ARGUMENT, written)
    except ConfigurationError as error:
        return str(error)
    return None


def our_argument(environ: Mapping[str, str]) -> str:
    """What our own sampler is told, where it is the one that is named; empty where nothing is."""
    name = environ.get("OTEL_TRACES_SAMPLER", "").strip().lower()
    return environ.get(ARGUMENT, "").strip() if name == OURS else ""


def _argument(environ: Mapping[str, str]) -> float:
    # An invalid argument is the same as none, and none is 1.0: so the specification.
    written = environ.get(ARGUMENT, "").strip()
    if not written or argument_problem(environ) is not None:
        return 1.0
    return _parse.share(ARGUMENT, written)


def _sampler(variable: str, environ: Mapping[str, str]) -> tuple[float | None, str] | None:
    name = environ[variable].strip().lower()
    if name == OURS:
        return None
    if name not in _SAMPLERS:
        near = nearest(name, _SAMPLERS)
        hint = "" if near is None else f"; did you mean {near!r}?"
        raise ConfigurationError(
            f"{variable} must be one of {', '.join(map(repr, (*_SAMPLERS, OURS)))}, "
            f"got {shown(name)}{hint}"
        )
    return _SAMPLERS[name]
