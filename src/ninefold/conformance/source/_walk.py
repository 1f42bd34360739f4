"""Finds the files of a run: named ones as they are, Python's in folders."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Final

_SKIPPED: Final = frozenset(
    {
        "__pycache__", "__pypackages__", "node_modules", "build", "dist", "venv", "env",
        "site-packages", "buck-out",
    }
)  # fmt: skip
"""Folders that hold what others wrote or what was made; those whose names begin with a dot too."""


def python_files(paths: Iterable[str]) -> Iterator[str]:
    """The Python files among `paths` and under those that are folders, each once.

    Skipped are hidden folders, caches, what is built, and installed packages, unless they are named
    themselves. Raises `OSError` for what is not there.
    """
    seen: set[str] = set()
    for path in paths:
        if os.path.isdir(path):
            for each in _under("" if path == "." else path):
                if each not in seen:
                    seen.add(each)
                    yield each
        else:
            os.stat(path)
            if path not in seen:
                seen.add(path)
                yield path


def _under(folder: str) -> Iterator[str]:
    inner: list[str] = []
    files: list[str] = []
    with os.scandir(folder or ".") as entries:
        for entry in entries:
            name = entry.name
            if name.endswith((".py", ".pyi")):
                if name.endswith(".py") and entry.is_file():
                    files.append(os.path.join(folder, name))
            elif name[0] != "." and name not in _SKIPPED and "." not in name:
                if entry.is_dir(follow_symlinks=False):
                    inner.append(os.path.join(folder, name))
            elif "." in name and name[0] != "." and entry.is_dir(follow_symlinks=False):
                inner.append(os.path.join(folder, name))
    yield from sorted(files)
    for each in sorted(inner):
        if not os.path.exists(os.path.join(each, "pyvenv.cfg")):
            yield from _under(each)
