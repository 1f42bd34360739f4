"""What Linux tells of this process in one line: /proc/self/stat."""

from __future__ import annotations

import os
from typing import Final, NamedTuple

# proc_pid_stat(5) counts fields from 1; these are counted from 0 after the command, which is the
# second and may hold whatever a file name may, blanks and parentheses included.
_THREADS: Final = 20 - 3
_PAGES: Final = 24 - 3


class Stat(NamedTuple):
    """Of the line, what no portable call of Python's answers."""

    threads: int
    pages: int
    """Pages of memory that are resident."""


def parse(line: bytes) -> Stat:
    """Read the line of proc_pid_stat(5); raises `ValueError` or `IndexError` where it is none.

    >>> parse(b"7 (a) b) S " + b" ".join(b"%d" % field for field in range(4, 53)))
    Stat(threads=20, pages=24)
    """
    fields = line[line.rindex(b")") + 1 :].split()
    return Stat(int(fields[_THREADS]), int(fields[_PAGES]))


def read() -> Stat | None:
    """What the line says now, of the process that asks; None where there is no such file."""
    try:
        with open("/proc/self/stat", "rb", buffering=0) as file:
            return parse(file.read(4096))
    except (OSError, ValueError, IndexError):
        return None


def page_size() -> int:
    """Bytes of a page. Called where `read` answered, hence on Linux."""
    return os.sysconf("SC_PAGE_SIZE")
