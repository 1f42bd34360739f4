"""Where an exposition comes from, but for an address: a file, or standard input."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from ninefold.conformance._facts import Facts, Position, Unread
from ninefold.conformance.exposition._reader import read

LIMIT_BYTES = 64 * 1024 * 1024
"""A tenth of it is already half a million series: whatever is longer is no exposition."""


def read_file(path: Path) -> Facts:
    """The facts of the file at `path`; one that cannot be read is said in them."""
    openmetrics = True if path.suffix in (".om", ".openmetrics") else None
    try:
        with path.open("rb") as stream:
            return read_stream(stream, str(path), openmetrics=openmetrics)
    except OSError as error:
        return unread(str(path), f"cannot be read: {error.strerror or error}")


def read_stream(stream: BinaryIO, shown: str, *, openmetrics: bool | None = None) -> Facts:
    """The facts of what a stream gives until its end; `shown` is what positions call it.

    Raises `OSError` where it cannot be read.
    """
    data = stream.read(LIMIT_BYTES + 1)
    if len(data) > LIMIT_BYTES:
        return unread(shown, f"it is longer than {LIMIT_BYTES} bytes")
    return read_whole(data, shown, openmetrics=openmetrics)


def read_whole(data: bytes, shown: str, *, openmetrics: bool | None = None) -> Facts:
    """The facts of an exposition; an empty one is what is left of a command that has failed."""
    if not data.strip():
        remedy = "see why nothing is exposed, or what was to write it"
        return unread(shown, "it is empty: nothing was checked", remedy)
    return read(data, shown, openmetrics=openmetrics)


def unread(path: str, why: str, remedy: str = "") -> Facts:
    """Facts that say alone that `path` could not be read."""
    return Facts(unread=(Unread(Position(path, 1, 1, 1, 1), why, remedy),), files=1)
