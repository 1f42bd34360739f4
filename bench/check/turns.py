"""Runs commands in turns, and says what each took."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

_TAKEN_AWAY: Final = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONPATH")
"""Left in place these have the interpreter compile itself at every start, as no user's does."""


@dataclass(frozen=True, slots=True)
class Took:
    """What one run took, in seconds; `cpu` is user and system time of all its threads."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Contender:
    """A command, and what is to be done before each of its runs."""

    name: str
    command: Sequence[str]
    before: Callable[[], object] = lambda: None


def in_turns(
    contenders: Sequence[Contender], rounds: int, folder: str
) -> Mapping[str, Sequence[Took]]:
    """What each took in each round, after one that warms the disk's cache and is thrown away.

    Raises `RuntimeError` where one fails: what it took then says nothing.
    """
    found: dict[str, list[Took]] = {each.name: [] for each in contenders}
    for number in range(rounds + 1):
        turn = number % len(contenders)
        for each in (*contenders[turn:], *contenders[:turn]):
            each.before()
            took = _run(each, folder)
            if number:
                found[each.name].append(took)
    return found


def _run(contender: Contender, folder: str) -> Took:
    environment = {key: value for key, value in os.environ.items() if key not in _TAKEN_AWAY}
    begun = time.perf_counter()
    process = subprocess.Popen(
        contender.command,
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    # 1: there are findings. 2 of ours: a file is no valid Python, as some in site-packages are not.
    if process.returncode not in (0, 1, 2) or b"Traceback" in said:
        raise RuntimeError(f"{contender.name} ended with {process.returncode}: {said.decode()}")
    return Took(wall, usage.ru_utime + usage.ru_stime)


def medians(took: Sequence[Took]) -> Took:
    """The median of each."""
    return Took(median(each.wall for each in took), median(each.cpu for each in took))


def ratio(ours: Sequence[Took], theirs: Sequence[Took]) -> Took:
    """The median, over the rounds, of what ours took by what theirs took in the same round."""
    pairs = list(zip(ours, theirs, strict=True))
    return Took(
        median(one.wall / other.wall for one, other in pairs),
        median(one.cpu / other.cpu for one, other in pairs),
    )
