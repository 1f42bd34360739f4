"""Patterns of files, as `exclude` and `per-file-ignores` have them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from fnmatch import translate
from typing import Final

from ninefold.conformance._places import beneath

_FLAGS: Final = re.IGNORECASE if os.name == "nt" else 0


class Patterns:
    """Patterns, each of which fits a path from `folder` on, its end, or a folder that it is in.

    `*` fits any characters, `/` among them, and `**/` no folder too. It does not matter from where
    a check is started, nor how it is told the path.

    >>> Patterns(["tests", "src/*_pb2.py"], "/shop").fit("/shop/src/tests/orders.py")
    True
    """

    def __init__(self, patterns: Iterable[str], folder: str) -> None:
        self._folder = folder
        every = dict.fromkeys(each for pattern in patterns for each in _variants(pattern, folder))
        self._every = re.compile("|".join(map(translate, every)), _FLAGS) if every else None
        # A path beneath the working directory is told from the folder on without asking for either.
        start = beneath(os.curdir, folder)
        self._start = "" if start == os.curdir else f"{start}/"
        self._is_beneath = start != os.curdir or os.path.abspath(folder) == os.getcwd()

    def fit(self, path: str) -> bool:
        """Whether one of them fits a path."""
        return self._every is not None and self._every.match(self._shown(path)) is not None

    def _shown(self, path: str) -> str:
        if self._is_beneath and not os.path.isabs(path) and os.pardir not in path:
            return self._start + path.replace(os.sep, "/").removeprefix("./")
        return beneath(path, self._folder)


def _variants(pattern: str, folder: str) -> Iterator[str]:
    plain = pattern.replace("\\", "/").removeprefix("./").rstrip("/")
    if os.path.isabs(plain):
        plain = beneath(plain, folder)
    for each in dict.fromkeys((plain, plain.replace("**/", ""))):
        if each:
            yield from (each, f"{each}/*")
            if not os.path.isabs(each):
                yield from (f"*/{each}", f"*/{each}/*")
