"""What the bytes of a file tell before any of it is parsed: most of what a run reads never is."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterable, Set
from typing import Final

from ninefold.conformance.source._finder import package_of
from ninefold.conformance.source._lines import words_in

_AT_ONCE: Final = getattr(os, "O_NONBLOCK", 0)
_CREATES: Final = re.compile(rb"create_(?:observable_)?(?:up_down_)?(?:counter|gauge|histogram)")
_RECORDS: Final = re.compile(rb"\.(?:add|record|set|inc|dec|observe|labels|add_metric)\(")
_LAST_NAME: Final = re.compile(rb"(\w+)\Z")
_LONGEST_NAME: Final = 80
# That it begins with a plain byte is what makes it three times as fast as one that begins with `^`.
_IMPORTS: Final = re.compile(rb"\n[ \t]*(?:from|import)[ \t]+([A-Za-z_][A-Za-z0-9_]*)")
_FIRST: Final = re.compile(rb"[ \t]*(?:from|import)[ \t]+([A-Za-z_][A-Za-z0-9_]*)")


def bytes_of(path: str) -> bytes:
    """The whole of a regular file. Raises `OSError`."""
    # A pipe that nobody writes to would be waited for, a device be read without end.
    descriptor = os.open(path, os.O_RDONLY | _AT_ONCE)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        size = status.st_size
        data = os.read(descriptor, size + 1)
        while len(data) > size:  # it has grown, or is no plain file
            more = os.read(descriptor, 1 << 20)
            if not more:
                break
            data += more
        return data
    finally:
        os.close(descriptor)


def may_declare(data: bytes) -> bool:
    """Whether a file is worth parsing: most declare nothing, and bytes are looked through fast.

    One with null bytes is no Python, or in an encoding in which nothing is seen: it is told so.
    """
    return (
        b"prometheus_client" in data
        or (
            b"create_" in data
            and (_CREATES.search(data) is not None or (b"semconv" in data and b"metrics" in data))
        )
        or (b"ninefold.registry" in data and b"Metric(" in data)
        or b"\0" in data
    )


class Packages:
    """Which package files are in; each folder is looked at once."""

    def __init__(self) -> None:
        self.tops: dict[str, str] = {}
        """The outermost package of each folder that was asked about; empty where it is none."""

    def top(self, path: str) -> str:
        """The outermost package that a file is in, or its own name."""
        folder, file = os.path.split(path)
        found = self.tops.get(folder)
        if found is None:
            found = package_of(os.path.abspath(folder))[1].partition(".")[0]
            self.tops[folder] = found
        return found or file.removesuffix(".py")


def imported(data: bytes) -> set[str]:
    """The packages that a file imports from."""
    names = {each.decode() for each in _IMPORTS.findall(data)}
    first = _FIRST.match(data)
    if first is not None:
        names.add(first.group(1).decode())
    return names


class Calls:
    """Finds the files that may call functions, which are named as in `shop:make_counter`."""

    def __init__(self, names: Iterable[str]) -> None:
        self.by_top = _by_top(names)

    def names(self) -> list[str]:
        """The names that it was given."""
        return _listed(self.by_top)

    def near(self, tops: frozenset[str], data: bytes) -> set[str]:
        """The functions that a file near the packages `tops` may call; empty for none."""
        near = tops.intersection(self.by_top)
        if not near:
            return set()
        wanted = set[str]().union(*(self.by_top[each] for each in near))
        return wanted if words_in(data, wanted) else set()


class Records:
    """Finds the files that may record on instruments, which are named as in `shop:orders`."""

    def __init__(self, names: Iterable[str]) -> None:
        self.by_top = _by_top(names)
        self._every = {name.encode() for each in self.by_top.values() for name in each}

    def names(self) -> list[str]:
        """The names that it was given."""
        return _listed(self.by_top)

    def may(self, data: bytes) -> bool:
        """Whether a file may record on one, wherever it imports from."""
        return bool(self._every) and _records_on(self._every, data)

    def near(self, tops: frozenset[str], data: bytes) -> bool:
        """Whether a file near the packages `tops` may record on one."""
        near = tops.intersection(self.by_top)
        names = {name.encode() for each in near for name in self.by_top[each]}
        return bool(names) and _records_on(names, data)


def _records_on(names: Set[bytes], data: bytes) -> bool:
    for match in _RECORDS.finditer(data):
        end = match.start()
        before = _LAST_NAME.search(data, max(0, end - _LONGEST_NAME), end)
        if before is not None and before.group(1) in names:
            return True
    return False


def _by_top(names: Iterable[str]) -> dict[str, set[str]]:
    """Names by the package that they are found in."""
    found: dict[str, set[str]] = {}
    for each in names:
        top, _, name = each.partition(":")
        found.setdefault(top, set()).add(name)
    return found


def _listed(by_top: dict[str, set[str]]) -> list[str]:
    return sorted(f"{top}:{name}" for top, names in by_top.items() for name in names)
