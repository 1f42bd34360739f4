"""A process's own file of counts, mapped into its memory: what is added to it survives SIGKILL."""

from __future__ import annotations

import contextlib
import fcntl
import json
import mmap
import os
import struct
from pathlib import Path
from typing import NamedTuple

from ninefold.telemetry._workers import _layout as layout
from ninefold.telemetry._workers._model import Told

CHUNK = 16 * mmap.ALLOCATIONGRANULARITY
"""By how many bytes a file grows, 64 KiB on most machines: some two hundred series."""


class Slots(NamedTuple):
    """Where the numbers of one series are kept."""

    counts: memoryview[int]
    value: memoryview[float]
    valid: memoryview[int]

    def forget(self) -> None:
        """Have nobody read them again: others take their place."""
        self.valid[0] = 0


class CountsFile:
    """The file of one process, which holds a lock on it as long as it lives.

    Siblings tell by that lock whether its process does. The lock belongs to a descriptor of its
    own, which a forked child must close (`leave_to_parent`): mappings hold descriptors too.

    Raises `OSError` where the file cannot be made or cannot grow, as on a full disk: room is
    taken before it is mapped, so that no write to it can fail.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        hidden = path.with_name(f".{path.name}")
        self._file = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._lock = os.open(hidden, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._size = 0
            self._at = layout.START
            self._chunk = self._grown(CHUNK)
            self._head = self._chunk[: layout.START]
            self._head[: layout.HEADER.size] = layout.header(self._at)
            self._used = self._head[layout.USED_AT : layout.USED_AT + 8].cast("Q")
            # Whoever sees the file sees it locked.
            hidden.rename(path)
        except BaseException:
            self.leave_to_parent()
            with contextlib.suppress(OSError):
                hidden.unlink()
            raise

    def _grown(self, by: int) -> memoryview:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(self._file, self._size, by)
        else:
            os.truncate(self._file, self._size + by)
            with os.fdopen(os.dup(self._file), "r+b", buffering=0) as file:
                # Written, for what is only promised may turn out not to be there.
                file.seek(self._size)
                file.write(bytes(by))
        mapped = memoryview(mmap.mmap(self._file, by, offset=self._size))
        self._chunk_at = self._size
        self._size += by
        return mapped

    def add(self, told: Told, counts: int, value: float = 0.0) -> Slots:
        """Make a record of a series, with `counts` slots at zero and that of the value.

        The caller sees to it that this is not done twice at once.
        """
        text = json.dumps(told.as_json(), separators=(",", ":")).encode()
        length = layout.aligned(layout.RECORD.size + 8 * (counts + 1) + len(text))
        left = self._size - self._at
        if length > left:
            before, begins = self._chunk, self._chunk_at
            self._chunk = self._grown(layout.aligned(length, CHUNK))
            if left:
                start = self._at - begins
                filler = layout.RECORD.pack(left, 0, 0, 0)
                before[start : start + layout.RECORD.size] = filler
                self._at += left
        start = self._at - self._chunk_at
        record = self._chunk[start : start + length]
        slots = layout.RECORD.size + 8 * (counts + 1)
        record[slots - 8 : slots] = struct.pack("d", value)
        record[slots : slots + len(text)] = text
        record[: layout.RECORD.size] = layout.RECORD.pack(length, len(text), counts + 1, 1)
        self._at += length
        # Last: a sibling reads no further than this.
        self._used[0] = self._at
        return Slots(
            record[layout.RECORD.size : slots - 8].cast("q"),
            record[slots - 8 : slots].cast("d"),
            record[12:16].cast("I"),
        )

    def leave_to_parent(self) -> None:
        """Let go of it: in a forked child, or when all is told. Its counts stay to be read."""
        for descriptor in (self._lock, self._file):
            with contextlib.suppress(OSError):
                os.close(descriptor)
        self._lock = self._file = -1
