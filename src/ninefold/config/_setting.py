"""One setting, declared: its key, its variables, how it is read, its default, and what it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Parse = Callable[[str, object], T]
"""Takes the name to use in a message and what was written; raises `ConfigurationError`."""


@dataclass(frozen=True, slots=True)
class Follows:
    """Where a setting looks when nothing names it: in the same source, at another setting.

    `take` picks this setting's part out of the other one's value; None where there is none.
    """

    setting: Setting[object]
    take: Callable[[object], object | None]


@dataclass(frozen=True, slots=True)
class Standard(Generic[T_co]):
    """An `OTEL_*` variable, and how it is read: None where it says nothing about this setting.

    Where `prevails`, its `true` wins over every other word.
    """

    variable: str
    read: Callable[[str, Mapping[str, str]], T_co | None]
    prevails: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting(Generic[T_co]):
    """`key` is the name in files and code; the variable is made from it unless `named` gives it.

    `parse` reads what `NINEFOLD_*` variables, files and code say. `absent` says in words what the
    default means where the value alone does not; `unit` is shown behind a number. Values of a
    `secret` setting are never shown.

    >>> from ninefold.config._parse import duration
    >>> Setting(key="otlp.timeout", parse=duration, default=2.0, doc="…").variable
    'NINEFOLD_OTLP_TIMEOUT'
    """

    key: str
    parse: Callable[[str, object], T_co]
    default: T_co
    doc: str
    named: str | None = None
    standard: Standard[T_co] | None = None
    follows: Follows | None = None
    secret: bool = False
    absent: str = ""
    unit: str = ""

    @property
    def variable(self) -> str:
        """The `NINEFOLD_*` variable of this setting."""
        return self.named or f"NINEFOLD_{self.key.replace('.', '_').upper()}"
