"""What of the W3C's headers may go to a propagator: what it accepts without quoting it in a log.

OpenTelemetry's propagators log members that they refuse, each in whole, and an entire `baggage`
header when it is too long. A client may send them as often and as long as it likes.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["LONGEST", "sound"]

Header = tuple[bytes, bytes]

LONGEST: Final = 8192
"""The bytes of one header that are looked at (W3C Baggage, "Limits"); a longer one is dropped."""

_MOST_ENTRIES: Final = 180  # W3C Baggage, as its first edition and OpenTelemetry have it
_LONGEST_ENTRY: Final = 4096
_MOST_MEMBERS: Final = 32  # W3C Trace Context, section 3.3.1.1

_TOKEN: Final = rb"[!#$%&'*+\-.0-9A-Z^_`a-z|~]+"
_OCTETS: Final = rb"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*"
# Little white space, and none of it twice: what is refused must be refused quickly, here and by
# OpenTelemetry's own patterns, whose time grows with the square of a run of blanks.
_BLANK: Final = rb"[ \t]{0,8}+"
_PROPERTY: Final = _BLANK + _TOKEN + rb"(?:" + _BLANK + rb"=" + _BLANK + _OCTETS + rb")?" + _BLANK
_ENTRY: Final = re.compile(
    rb"("
    + _TOKEN
    + rb")"
    + _BLANK
    + rb"="
    + _BLANK
    + rb"("
    + _OCTETS
    + rb")"
    + _BLANK
    # Its properties, of which nothing reads more than a few.
    + rb"((?:;"
    + _PROPERTY
    + rb"){0,32})"
)
_MEMBER: Final = re.compile(
    rb"([a-z][_0-9a-z*/-]{0,255}|[a-z0-9][_0-9a-z*/-]{0,240}@[a-z][_0-9a-z*/-]{0,13})"
    rb"=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]"
)


def sound(headers: list[Header]) -> list[Header]:
    """The headers as far as a propagator reads them in silence; others than the W3C's as they are.

    - A header above 8,192 bytes is dropped.
    - Of `baggage` the entries that follow the W3C's grammar stay: 180 of them, of 4,096 bytes each.
    - `tracestate` stays as a whole or not at all: 32 members, no key twice, all by the grammar.

    >>> sound([(b"baggage", b"a=1, oops, b=2"), (b"tracestate", b"A=1"), (b"b3", b"0")])
    [(b'baggage', b'a=1,b=2'), (b'b3', b'0')]
    """
    states: list[bytes] = []
    found: list[Header] = []
    for name, value in headers:
        if len(value) > LONGEST:
            continue
        if name == b"tracestate":
            states.append(value)
        elif name == b"baggage":
            entries = _entries(value)
            if entries:
                found.append((name, entries))
        else:
            found.append((name, value))
    # Repeated headers are one (RFC 9110, section 5.3).
    state = b",".join(states)
    if states and len(state) <= LONGEST and _is_state(state):
        found.append((b"tracestate", state))
    return found


def _entries(value: bytes) -> bytes:
    kept: list[bytes] = []
    for entry in value.split(b",", _MOST_ENTRIES)[:_MOST_ENTRIES]:
        match = _ENTRY.fullmatch(entry.strip(b" \t"))
        if match is not None and len(entry) <= _LONGEST_ENTRY:
            # The lowest supported OpenTelemetry refuses white space around the sign.
            kept.append(match[1] + b"=" + match[2] + match[3])
    return b",".join(kept)


def _is_state(value: bytes) -> bool:
    keys: set[bytes] = set()
    for member in value.split(b","):
        stripped = member.strip(b" \t")
        if not stripped:
            continue
        match = _MEMBER.fullmatch(stripped)
        if match is None or match[1] in keys or len(keys) == _MOST_MEMBERS:
            return False
        keys.add(match[1])
    return True
