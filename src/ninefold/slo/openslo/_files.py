"""Which files the setting `objectives` names."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from pathlib import Path

from ninefold.core import shown
from ninefold.errors import ConfigurationError

__all__ = ["found"]


def found(patterns: Iterable[str]) -> tuple[Path, ...]:
    """The files that these paths and globs name, sorted, each once; `**` is any folder below.

    Raises `ConfigurationError` for a path that is not there and for a glob that matches no file: a
    service must not start without the objectives that somebody wrote for it.
    """
    by_identity: dict[str, Path] = {}
    for pattern in patterns:
        for path in _matches(pattern):
            # A mounted ConfigMap shows each file again, as a link.
            by_identity.setdefault(os.path.realpath(path), path)
    return tuple(sorted(by_identity.values()))


def _matches(pattern: str) -> list[Path]:
    path = Path(pattern)
    try:
        if path.is_file():
            return [path]
        if path.is_dir():
            raise ConfigurationError(
                f"objectives must name files, got the folder {shown(pattern)}; write"
                f" {str(path / '*.yaml')!r}"
            )
        matches = sorted(Path(each) for each in glob.glob(pattern, recursive=True))
    except (OSError, ValueError) as error:
        # A path that no file can have: a NUL in it, or longer than the system allows.
        raise ConfigurationError(
            f"objectives must name files, got {shown(pattern)}: {error}; name one that is there"
        ) from error
    files = [each for each in matches if each.is_file()]
    if files:
        return files
    if glob.has_magic(pattern):
        raise ConfigurationError(
            f"objectives names {shown(pattern)}, which matches no file in {_looked_in(path)}; write"
            " the files there, or take the pattern out"
        )
    raise ConfigurationError(
        f"objectives names {shown(pattern)}, which is not there (looked in {_looked_in(path)});"
        " name a file of OpenSLO documents, relative to the file of settings that names it or else"
        " to the working directory"
    )


def _looked_in(path: Path) -> Path:
    try:
        return path.absolute().parent
    except OSError:
        # The working directory is gone.
        return path.parent
