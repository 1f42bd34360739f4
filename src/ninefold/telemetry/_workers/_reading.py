"""Reads a sibling's file while its process goes on writing, and says whether that still lives."""

from __future__ import annotations

import contextlib
import fcntl
import json
import mmap
import os
from operator import add
from pathlib import Path
from typing import NamedTuple

from ninefold.telemetry._workers import _layout as layout
from ninefold.telemetry._workers._model import Told


class _Known(NamedTuple):
    """A record that was read before: all of it but its numbers."""

    told: Told
    at: int
    slots: int


class CountsReader:
    """One sibling's file; what does not change in it is read once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: list[_Known] = []
        self._at = layout.START

    def read(self) -> list[Told] | None:
        """Every series as it stands; None for a file of another layout or boot.

        Raises `OSError` where the file is not there, `ValueError` or `TypeError` where it is not
        what it says.
        """
        with self.path.open("rb") as file:
            complete = layout.used(file.read(layout.HEADER.size))
            if complete is None:
                return None
            size = os.fstat(file.fileno()).st_size
            if not layout.START <= complete <= size:
                raise ValueError(f"{complete} bytes of {self.path.name} cannot be complete")
            with (
                mmap.mmap(file.fileno(), complete, access=mmap.ACCESS_READ) as mapped,
                memoryview(mapped) as view,
            ):
                self._look(view, complete)
                return [told for known in self._known if (told := _told(known, view)) is not None]

    def _look(self, view: memoryview, complete: int) -> None:
        while self._at < complete:
            length, text, slots, _ = layout.RECORD.unpack_from(view, self._at)
            begins = self._at + layout.RECORD.size
            if length < layout.RECORD.size or begins + 8 * slots + text > complete:
                raise ValueError(f"a record of {self.path.name} is longer than the file")
            if text:
                found = bytes(view[begins + 8 * slots : begins + 8 * slots + text])
                self._known.append(_Known(Told.of_json(json.loads(found)), begins, slots))
            self._at += length


def _told(known: _Known, view: memoryview) -> Told | None:
    told, at, slots = known
    with (
        view[at - 4 : at] as flag,
        flag.cast("I") as valid,
        view[at : at + 8 * (slots - 1)] as rows,
        rows.cast("q") as counts,
        view[at + 8 * (slots - 1) : at + 8 * slots] as last,
        last.cast("d") as value,
    ):
        if not valid[0]:
            return None
        number = value[0]
        if number != number:
            # A gauge that was not set yet.
            return None
        both = counts.tolist()
    width = len(both) // 2
    # A record holds a measurement in one of two rows.
    buckets = tuple(map(add, both[:width], both[width:]))
    return Told(told.identity, told.description, told.since_ns, number, buckets)


def is_alive(path: Path) -> bool:
    """Whether the process lives whose file this is: it holds a lock on it until then."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError:
        # Nothing is known of it, as where descriptors have run out: it is not buried.
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        return False
    finally:
        with contextlib.suppress(OSError):
            os.close(descriptor)
