"""The check of a disk: whether there is room left on it."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass

from ninefold.core import require_between, require_count, shown
from ninefold.errors import ConfigurationError
from ninefold.health._model import Finding, Level

__all__ = ["disk"]

_USUAL = 0.05
_DOWN_BELOW = 0.2


@dataclass(frozen=True, slots=True)
class Disk:
    """A file system and the room that must be left on it."""

    path: str
    min_free: float
    min_free_bytes: int

    def run(self, timeout: float, /) -> Finding:
        """Ask the file system; a path that is not there raises its `OSError`."""
        usage = shutil.disk_usage(self.path)
        if usage.total == 0:
            return Finding("up", f"{self.path}: a file system without a size, not known here")
        wanted = max(self.min_free * usage.total, self.min_free_bytes)
        level: Level = "up"
        if usage.free < wanted:
            level = "down" if usage.free < wanted * _DOWN_BELOW else "degraded"
        share = usage.free / usage.total
        return Finding(level, f"{self.path}: {share:.1%} free, {usage.free / 2**20:,.0f} MiB")


def disk(
    path: str | os.PathLike[str] = "/",
    *,
    min_free: float | None = None,
    min_free_bytes: int | None = None,
) -> Disk:
    """Whether the file system of `path` has room left for this process's user.

    - `min_free` is the share of it that must be free, 0 to 1: 0.05 where neither is said.
    - `min_free_bytes` is how many bytes must be free. Where both are said, both must hold.

    With less it is degraded; with less than a fifth of that, down: what writes will soon fail, or
    does already. A path that is not there, such as a mount that was lost, fails as its `OSError`.
    A network file system that hangs cannot be interrupted: the timeout is not handed on.

    Raises `ConfigurationError` for a share that is none, and for bytes that are no whole number.

    >>> disk(".", min_free=0).run(2.0).level
    'up'
    >>> disk(min_free=5)
    Traceback (most recent call last):
    ninefold.errors.ConfigurationError: min_free must be between 0 and 1, got 5
    """
    try:
        where = os.fspath(path)
    except TypeError:
        where = None
    if not isinstance(where, str) or not where or "\0" in where:
        raise ConfigurationError(f"path must be that of a file or directory, got {shown(path)}")
    if min_free is not None:
        require_between("min_free", min_free, 0, 1)
    if min_free_bytes is not None:
        require_count("min_free_bytes", min_free_bytes, unit="bytes")
    if min_free is None:
        min_free = _USUAL if min_free_bytes is None else 0.0
    return Disk(where, float(min_free), min_free_bytes or 0)
