"""The window of an objective: over how long its share of good events is looked at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from ninefold.core import shown
from ninefold.errors import ConfigurationError

__all__ = ["Window"]

_WRITTEN = re.compile(r"(?P<count>[0-9]{1,6})(?P<unit>[mhdw])")
_SECONDS: Final = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_LENGTHLESS: Final = re.compile(r"[0-9]+[MQY]")


@dataclass(frozen=True, slots=True)
class Window:
    """A rolling window that ends now, as OpenSLO writes one: `28d`, `4w`, `12h`.

    `seconds` is how long it is; two windows are equal when they are equally long.

    >>> Window.of("28d") == Window.of("4w") == Window.of(timedelta(days=28))
    True
    >>> str(Window.of(timedelta(hours=36)))
    '36h'
    """

    seconds: int

    @classmethod
    def of(cls, value: object, name: str = "window") -> Window:
        """Read a window: text such as `28d`, or a `timedelta` of whole minutes.

        Raises `ConfigurationError`; months, quarters and years are refused, as they have no length.
        """
        if isinstance(value, Window):
            return value
        if isinstance(value, timedelta):
            whole = int(value.total_seconds())
            if whole > 0 and whole % 60 == 0 and whole == value.total_seconds():
                return cls(whole)
        elif isinstance(value, str):
            found = _WRITTEN.fullmatch(value.strip())
            if found is not None and int(found["count"]) > 0:
                return cls(int(found["count"]) * _SECONDS[found["unit"]])
            if _LENGTHLESS.fullmatch(value.strip()):
                raise ConfigurationError(
                    f"{name} must have a length, and {shown(value)} has none: months, quarters and"
                    " years differ; write '28d' or '90d'"
                )
        raise ConfigurationError(
            f"{name} must be a number of minutes, hours, days or weeks above 0, such as '28d', or"
            f" a timedelta of whole minutes, got {shown(value)}"
        )

    def __str__(self) -> str:
        for unit in ("d", "h", "m"):
            if self.seconds % _SECONDS[unit] == 0:
                return f"{self.seconds // _SECONDS[unit]}{unit}"
        return f"{self.seconds // 60}m"
