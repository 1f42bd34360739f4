"""Which processes are workers of one server, told without asking anybody."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import re
import stat
import sys
import tempfile
from pathlib import Path
from types import FrameType
from typing import NamedTuple

__all__ = [
    "AUTO",
    "OFF",
    "Process",
    "folder_of",
    "home",
    "in_gunicorns_worker",
    "is_running",
    "leader_of",
    "made",
    "present",
]

AUTO = "auto"
OFF = "off"


class Process(NamedTuple):
    """A process that no later one is taken for: its id, and when it started where that is told."""

    pid: int
    started: str

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self.started == _started(self.pid) if self.started else _exists(self.pid)


def present(pid: int | None = None) -> Process:
    """The process with this id, by default this one."""
    pid = os.getpid() if pid is None else pid
    return Process(pid, _started(pid))


def leader_of(
    prepared: Process, led_by: Process | None, *, of_gunicorn: bool = False
) -> Process | None:
    """Whose worker this process is; None for one that serves alone.

    `prepared` is the process that called `setup()`, `led_by` the one whose worker it was;
    `of_gunicorn` says that it was called in a worker of gunicorn.

    - A child that was forked after `setup()` belongs to its parent, or to whom that belonged: a
      server that loads the application before it forks, and gunicorn with `preload_app`.
    - A child of `multiprocessing` belongs to its parent: uvicorn's and hypercorn's workers.
    - A worker of gunicorn belongs to its arbiter.
    """
    if led_by is not None:
        return led_by
    if prepared.pid != os.getpid():
        return prepared
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        return present(parent.pid)
    if of_gunicorn:
        return present(os.getppid())
    return None


def folder_of(service: str, leader: Process) -> str:
    """The name of the folder that the workers of one leader share."""
    slug = re.sub(r"[^A-Za-z0-9_.-]", "_", service)[:80]
    return f"{slug}-{leader.pid}-{leader.started or 0}"


def leader_in(folder: str) -> Process | None:
    """The leader that a folder is named after; None where the name is another's."""
    found = re.fullmatch(r".+-([0-9]+)-([0-9]+)", folder)
    if found is None:
        return None
    return Process(int(found[1]), "" if found[2] == "0" else found[2])


def home() -> Path:
    """Where the folders of this user are: in shared memory, or else among what is temporary.

    Raises `OSError` where there is no place that others cannot write to.
    """
    wrong: OSError | None = None
    for place in (Path("/dev/shm"), Path(tempfile.gettempdir())):
        if place.is_dir():
            try:
                return made(place / f"ninefold-{os.getuid()}")
            except OSError as error:
                wrong = error
    raise wrong or OSError("there is no place for files of this machine's memory")


def made(folder: Path) -> Path:
    """The folder, made if need be; raises `OSError` unless it is this user's alone."""
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    kind = folder.lstat()
    # Whoever could write there could have counts of theirs shown as ours.
    if stat.S_ISDIR(kind.st_mode) and kind.st_uid == os.getuid() and not kind.st_mode & 0o077:
        return folder
    raise PermissionError(f"{folder} must be a folder that is this user's alone")


def in_gunicorns_worker() -> bool:
    """Whether this is called in a worker of gunicorn, and not in the arbiter that forks them."""
    if "gunicorn.arbiter" not in sys.modules:
        return False
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if str(frame.f_globals.get("__name__", "")).startswith("gunicorn.workers."):
            return True
        frame = frame.f_back
    return False


def is_running(pid: int) -> bool:
    """Whether there is such a process; one that ended and nobody has waited for is none."""
    told = _stat(pid)
    return told[0] not in ("Z", "X") if told else _exists(pid)


def _started(pid: int) -> str:
    told = _stat(pid)
    return told[19] if len(told) > 19 else ""


def _stat(pid: int) -> list[str]:
    """What the system tells of a process, from its state on; nothing where it tells nothing."""
    try:
        # The command, which may hold anything, ends with the last parenthesis: proc(5), "stat".
        return (
            Path(f"/proc/{pid}/stat")
            .read_text(encoding="utf-8", errors="replace")
            .rpartition(")")[2]
            .split()
        )
    except OSError:
        return []


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return True
