"""The check of memory: how much of what this process's container may use is in use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ninefold.core import require_between
from ninefold.health._model import Finding

__all__ = ["memory"]

# Version 1 says "no limit" by a number of about 2**63; no machine has an exbibyte.
_NO_LIMIT = 2**60


@dataclass(frozen=True, slots=True)
class Use:
    """Bytes in use, of how many, and whose."""

    used: int
    limit: int
    whose: str

    @property
    def share(self) -> float:
        """The part that is in use; may be above 1 for a moment."""
        return self.used / self.limit


@dataclass(frozen=True, slots=True)
class Memory:
    """The share of memory that may be in use; files are read below `root`."""

    max_usage: float
    root: Path = Path("/")

    def run(self, timeout: float, /) -> Finding:
        """Read what the kernel tells."""
        use = usage(self.root)
        if use is None:
            return Finding("up", "the use of memory is not known here")
        told = f"{use.share:.1%} of {use.limit / 2**20:,.0f} MiB in use ({use.whose})"
        return Finding("degraded" if use.share > self.max_usage else "up", told)


def memory(*, max_usage: float = 0.95) -> Memory:
    """Whether this process's container, or else its machine, is about to run out of memory.

    `max_usage` is the share that may be in use, 0.95 by default; over it, it is degraded: the
    kernel ends a container that reaches its limit.

    Asked are cgroups, version 2 and then 1, the tightest of the groups around this process. What
    counts is the working set as Kubernetes has it: without files' pages that nobody used lately
    (`inactive_file`), which are given up when memory is short. Without a limit the machine's
    `MemAvailable` counts. Where the kernel tells neither, as on macOS and Windows, it is up, and
    its detail says that the use is not known here.

    Raises `ConfigurationError` for a share that is not above 0 and at most 1.

    >>> memory(max_usage=1).run(2.0).level
    'up'
    >>> memory(max_usage=95)
    Traceback (most recent call last):
    ninefold.errors.ConfigurationError: max_usage must be above 0 and at most 1, got 95
    """
    require_between("max_usage", max_usage, 0, 1, above=True)
    return Memory(float(max_usage))


def usage(root: Path) -> Use | None:
    """What is in use by the tightest limit around this process, or by the machine."""
    try:
        groups = (root / "proc/self/cgroup").read_text()
    except OSError:
        groups = ""
    found = [*_version_2(root, groups)] or [*_version_1(root, groups)]
    if found:
        return max(found, key=lambda use: use.share)
    return _machine(root)


def _version_2(root: Path, groups: str) -> Iterator[Use]:
    for line in groups.splitlines():
        if line.startswith("0::"):
            for folder in _upwards(root / "sys/fs/cgroup", line[3:]):
                yield from _group(folder, "memory.max", "memory.current", "inactive_file")


def _version_1(root: Path, groups: str) -> Iterator[Use]:
    names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
    for line in groups.splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if "memory" in controllers.split(","):
            for folder in _upwards(root / "sys/fs/cgroup/memory", path):
                yield from _group(folder, *names)


def _upwards(mount: Path, path: str) -> Iterator[Path]:
    """The group's folder and those above it: a container may see its own group as the mount."""
    inside = PurePosixPath(path.lstrip("/"))
    if ".." not in inside.parts:
        for each in (inside, *inside.parents):
            yield mount / each
            if each == PurePosixPath():
                return


def _group(folder: Path, limit: str, current: str, inactive: str) -> Iterator[Use]:
    try:
        most = (folder / limit).read_text().strip()
        if most == "max" or not 0 < int(most) < _NO_LIMIT:
            return
        used = int((folder / current).read_text())
        given_up = _figures((folder / "memory.stat").read_text()).get(inactive, 0)
    except (OSError, ValueError):
        return
    yield Use(max(used - given_up, 0), int(most), "the container")


def _machine(root: Path) -> Use | None:
    try:
        figures = _figures((root / "proc/meminfo").read_text())
        total, available = figures["MemTotal:"] * 1024, figures["MemAvailable:"] * 1024
    except (OSError, ValueError, KeyError):
        return None
    return Use(total - available, total, "the machine") if total else None


def _figures(text: str) -> dict[str, int]:
    """Lines of a name and a number; a unit after it is the caller's to know."""
    return {
        words[0]: int(words[1])
        for words in map(str.split, text.splitlines())
        if len(words) > 1 and words[1].isdigit()
    }
