"""What is wrong with a recording."""

from __future__ import annotations

__all__ = ["WrongError"]


class WrongError(Exception):
    """What is wrong, without the name of the file."""
