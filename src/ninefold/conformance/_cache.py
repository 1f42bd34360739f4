"""Keeps what earlier runs have read, in a folder that version control does not see.

An entry begins with the digest of the rest: one that is cut short or changed is as good as none. It
is put in its place whole, so that runs at the same time see the one or the other. Nothing here
raises: a folder that cannot be written costs time, and no result.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Final

from ninefold._version import __version__
from ninefold.conformance._digest import digest

FOLDER: Final = ".ninefold_cache"
_FORMAT: Final = 1
_MOST_ENTRIES: Final = 64
"""Entries that are kept: one for each set of paths that is checked from a working directory."""
_TAG: Final = "Signature: 8a477f597d28d172789f06886806bc55\n"


class Cache:
    """The entry of one kind of run: `about` is what tells it from others."""

    def __init__(self, folder: str, about: object) -> None:
        self._folder = os.path.join(folder, FOLDER)
        stamp = [_FORMAT, __version__, sys.version, _sources(), about]
        name = digest(json.dumps(stamp).encode("utf-8", "replace"))
        self._path = os.path.join(self._folder, f"{name}.json")

    def load(self) -> dict[str, Any] | None:
        """What was stored; None where there is nothing, or nothing whole."""
        try:
            with open(self._path, "rb") as file:
                stored, _, content = file.read().partition(b"\n")
            if stored.decode("ascii", "replace") != digest(content):
                return None
            entry = json.loads(content)
        except (OSError, ValueError, RecursionError):
            return None
        return entry if isinstance(entry, dict) else None

    def store(self, entry: dict[str, Any]) -> None:
        """Store an entry in the place of the one before."""
        temporary = f"{self._path}.{os.getpid()}.{id(self)}"
        try:
            content = json.dumps(entry, separators=(",", ":")).encode()
            self._make_folder()
            with open(temporary, "wb") as file:
                file.write(digest(content).encode() + b"\n" + content)
            os.replace(temporary, self._path)
            self._prune()
        except (OSError, ValueError, RecursionError):
            # A number of more digits than may be written out, a full disk, a folder of others.
            self._remove(temporary)

    def _remove(self, path: str) -> None:
        try:
            os.unlink(path)
        except OSError:
            return  # another run has

    def _make_folder(self) -> None:
        if os.path.isdir(self._folder):
            return
        os.makedirs(self._folder, exist_ok=True)
        for name, content in ((".gitignore", "*\n"), ("CACHEDIR.TAG", _TAG)):
            with open(os.path.join(self._folder, name), "w", encoding="ascii") as file:
                file.write(content)

    def _prune(self) -> None:
        with os.scandir(self._folder) as entries:
            found = [each for each in entries if ".json" in each.name]
        if len(found) > _MOST_ENTRIES:
            found.sort(key=lambda each: each.stat().st_mtime_ns)
            for each in found[:-_MOST_ENTRIES]:
                self._remove(each.path)


def _sources() -> list[list[object]]:
    """What the reader itself is made of: a changed reader reads anew."""
    here = os.path.dirname(os.path.abspath(__file__))
    found: list[list[object]] = []
    for folder in (here, os.path.join(here, "source")):
        try:
            with os.scandir(folder) as entries:
                for each in entries:
                    if each.name.endswith(".py"):
                        status = each.stat()
                        found.append([each.name, status.st_size, status.st_mtime_ns])
        except OSError:
            continue
    return sorted(found, key=str)
