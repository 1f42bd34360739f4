"""The time left for a call and for everything it calls, carried along and never extended."""

from __future__ import annotations

from ninefold.resilience.deadline._carried import carried
from ninefold.resilience.deadline._deadline import Deadline, deadline
from ninefold.resilience.deadline._header import HEADER, header_value, parse_header
from ninefold.resilience.deadline._scope import Scope, current, enter, innermost, leave, remaining

__all__ = [
    "HEADER",
    "Deadline",
    "Scope",
    "carried",
    "current",
    "deadline",
    "enter",
    "header_value",
    "innermost",
    "leave",
    "parse_header",
    "remaining",
]
