"""Finds the files of a run: named ones as they are, Python's in folders."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Final

from ninefold.conformance.source._ignored import Ignored, ignored_above

_SUFFIXES: Final = (".py", ".pyi", ".pyw")
_SKIPPED: Final = frozenset(
    {
        "__pycache__", "__pypackages__", "node_modules", "build", "dist", "venv", "env",
        "site-packages", "buck-out",
    }
)  # fmt: skip
"""Folders that hold what others wrote or what was made; those whose names begin with a dot too."""


def python_files(paths: Iterable[str]) -> Iterator[str]:
    """The Python files among `paths` and under those that are folders, each once.

    Skipped are hidden folders, caches, what is built, installed packages, and what `.gitignore`
    says, unless they are named themselves. What cannot be read is among them too, be it a folder:
    whoever reads it is told why. Raises `OSError` for what is named and not there.
    """
    seen: set[str] = set()
    for path in paths:
        if os.path.isdir(path):
            for each in _under("" if path == "." else path, ignored_above(path)):
                if each not in seen:
                    seen.add(each)
                    yield each
        else:
            os.stat(path)
            if path not in seen:
                seen.add(path)
                yield path


def is_python(path: str) -> bool:
    """Whether a file is Python by its name, or by its first line where its name says nothing."""
    name = os.path.basename(path)
    if name.endswith(_SUFFIXES):
        return True
    if "." in name or not os.path.isfile(path):
        return False
    try:
        with open(path, "rb") as file:
            first = file.readline(200)
    except OSError:
        return False
    return first.startswith(b"#!") and b"python" in first


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _under(folder: str, ignored: Ignored) -> Iterator[str]:
    inner: list[str] = []
    files: list[str] = []
    is_root = has_file = False
    try:
        entries = os.scandir(folder or ".")
    except OSError:
        yield folder or "."
        return
    with entries:
        for entry in entries:
            name = entry.name
            if name.endswith(".py"):
                if _is_folder(entry):
                    if name[0] != "." and not entry.is_symlink():
                        inner.append(name)
                # Whoever reads it tells of what is no file, and of a link to none; but editors
                # lock a file by such a link.
                elif not name.startswith(".#"):
                    files.append(name)
            elif name[0] == ".":
                is_root = is_root or name == ".git"
                has_file = has_file or name == ".gitignore"
            elif name not in _SKIPPED and entry.is_dir(follow_symlinks=False):
                inner.append(name)
    if is_root or has_file:
        ignored = ignored.entered(folder, is_root=is_root, has_file=has_file)
    for each in sorted(files):
        if not ignored.leaves_out(each, is_folder=False):
            yield os.path.join(folder, each)
    for each in sorted(inner):
        path = os.path.join(folder, each)
        if not ignored.leaves_out(each, is_folder=True) and not os.path.exists(
            os.path.join(path, "pyvenv.cfg")
        ):
            yield from _under(path, ignored.inside(each))
