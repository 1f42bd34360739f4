"""What a server said, made fit to be shown to people."""

from __future__ import annotations

from typing import Final

from ninefold.core import redacted_text

__all__ = ["LONGEST", "said"]

LONGEST: Final = 200
"""Characters of it that are shown."""


def said(text: str) -> str:
    r"""`text` without secrets and without what cannot be printed, cut to 200 characters.

    A server that is asked may be anybody's: what it answers must not break a log's lines, a
    terminal or a page.

    >>> said("up\r\nX-Forged: \x1b[31mred\u202e")
    'up??X-Forged: ?[31mred?'
    """
    # Redacted before it is cut: a password whose @ is cut off no longer looks like one.
    plain = redacted_text(text)[: LONGEST + 1]
    shown = "".join(char if char.isprintable() else "?" for char in plain)
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"
