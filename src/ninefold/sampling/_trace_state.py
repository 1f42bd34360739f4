"""OpenTelemetry's own entry of the W3C `tracestate`, `ot=th:…;rv:…`: read, and written. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ninefold.sampling._threshold import parse_randomness, parse_threshold, written

__all__ = ["EMPTY", "KEY", "State", "parse"]

KEY: Final = "ot"
LONGEST: Final = 256
"""Characters of the whole entry (W3C Trace Context, "value")."""

_MEMBER: Final = re.compile(r"([a-z][a-z0-9]*):([A-Za-z0-9._-]*)")


@dataclass(frozen=True, slots=True)
class State:
    """What the entry says: the threshold, the randomness, and what others wrote there, in order.

    A value that is none is not there: it came from outside.
    """

    threshold: int | None = None
    randomness: int | None = None
    others: tuple[tuple[str, str], ...] = ()

    def with_threshold(self, threshold: int | None) -> str | None:
        """The entry with another threshold, or without one; None where nothing is left of it.

        An entry that would be longer than the W3C allows loses what others wrote, the last first.
        """
        if self.randomness is None and not self.others:
            return None if threshold is None else _alone(threshold)
        told: list[str] = []
        if threshold is not None:
            told.append(f"th:{written(threshold)}")
        if self.randomness is not None:
            told.append(f"rv:{self.randomness:014x}")
        length = sum(map(len, told)) + max(0, len(told) - 1)
        for key, value in self.others:
            length += len(key) + len(value) + 2 if told else len(key) + len(value) + 1
            if length > LONGEST:
                break
            told.append(f"{key}:{value}")
        return ";".join(told) or None


EMPTY: Final = State()


@lru_cache(256)
def _alone(threshold: int) -> str:
    return f"th:{written(threshold)}"


@lru_cache(256)
def parse(text: str) -> State:
    """What an entry says; one that breaks the grammar anywhere says nothing.

    Kept for a while, as every span of a trace asks again.

    >>> parse("th:8;rv:0123456789abcd;x:1").others
    (('x', '1'),)
    >>> parse("th:8;;").threshold is None
    True
    """
    if len(text) > LONGEST:
        return EMPTY
    threshold = randomness = None
    others: list[tuple[str, str]] = []
    seen: set[str] = set()
    for member in text.split(";"):
        match = _MEMBER.fullmatch(member)
        if match is None or match[1] in seen:
            return EMPTY
        key, value = match.groups()
        seen.add(key)
        if key == "th":
            threshold = parse_threshold(value)
        elif key == "rv":
            randomness = parse_randomness(value)
        else:
            others.append((key, value))
    return State(threshold, randomness, tuple(others))
