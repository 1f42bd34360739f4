"""The folder that the workers of one server share: each one's counts, and those of the dead.

A worker that ends leaves its file behind. Whoever finds it adds it to one that holds what all the
dead counted, under a lock that only those take who would do the same; readers take none. The file
of the dead names what it has taken in, and takes its place at once; so a reader who lists the
folder first and reads the dead then counts nobody twice, wherever the other is or dies on its way.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import secrets
import shutil
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import Any, NamedTuple

from ninefold.telemetry._workers import _family as family
from ninefold.telemetry._workers import _layout as layout
from ninefold.telemetry._workers._file import CountsFile
from ninefold.telemetry._workers._model import Told, Totals
from ninefold.telemetry._workers._reading import CountsReader, is_alive

_log = logging.getLogger("ninefold.telemetry")

_COUNTS = ".counts"
_STATES = ".states"
_DEAD = "dead.json"
_LOCK = ".lock"


class _Dead(NamedTuple):
    """What the dead counted, and the files that it was taken from."""

    taken: frozenset[str]
    told: tuple[Told, ...]


_NONE = _Dead(frozenset(), ())

MANY_DEAD = 16
"""How many files of the dead a new worker leaves for the next scrape to take in."""


class Directory:
    """One folder; used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._readers: dict[str, CountsReader] = {}
        self._dead: tuple[tuple[int, int, int], _Dead] | None = None
        self._said: set[str] = set()

    def join(self) -> CountsFile:
        """A file of this process's own in it, under the lowest number that no living one has.

        Raises `OSError` where there can be none.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        family.made(self.path)
        with self._alone(patient=True) as alone:
            files = self._files()
            living = [path for path in files if is_alive(path)]
            if alone and len(files) - len(living) > MANY_DEAD:
                # Where nobody scrapes, nobody else would.
                self._take_in_the_dead()
            taken = {number_of(path) for path in living}
            number = next(str(each) for each in range(len(taken) + 1) if str(each) not in taken)
            name = f"{number}-{os.getpid()}-{secrets.token_hex(4)}{_COUNTS}"
            return CountsFile(self.path / name)

    def publish(self, own: CountsFile, told: Sequence[Told]) -> None:
        """Leave word of what is not counted in the file itself; raises `OSError` if that fails."""
        _replace(own.path.with_suffix(_STATES), [each.as_json() for each in told])

    def others(self, own: CountsFile, totals: Totals) -> None:
        """Add what all the others tell, the dead included."""
        for _ in range(5):
            try:
                found = [path for path in self._files() if path != own.path]
                dead = self._of_the_dead()
                left = [path for path in found if path.name not in dead.taken]
                told = [(path, *self._state_of(path)) for path in left]
            except FileNotFoundError:
                # Taken in since it was listed.
                continue
            break
        else:
            raise TimeoutError(f"the files in {self.path} change faster than they can be read")
        totals.add(dead.told, "", alive=False)
        for path, alive, each in told:
            totals.add(each, number_of(path), alive=alive)
        self._readers = {
            path.name: self._readers[path.name] for path in left if path.name in self._readers
        }
        if not all(alive for _, alive, _ in told):
            try:
                self._bury()
            except OSError as error:
                self._say_once(f"what ended workers counted stays in files of their own: {error}")

    def _files(self) -> list[Path]:
        return sorted(path for path in self.path.glob(f"*{_COUNTS}") if path.name[0] != ".")

    def _state_of(self, path: Path) -> tuple[bool, list[Told]]:
        """Whether the process lives, and what it tells; nothing where that cannot be read."""
        alive = is_alive(path)
        try:
            return alive, self._told_by(path)
        except FileNotFoundError:
            raise
        except OSError as error:
            self._say_once(f"the counts in {path} are left out: {error}")
            return True, []

    def _told_by(self, path: Path) -> list[Told]:
        reader = self._readers.setdefault(path.name, CountsReader(path))
        try:
            told = reader.read()
        except (TypeError, ValueError, KeyError) as error:
            self._say_once(f"the counts in {path} are left out: {error}")
            return []
        if told is None:
            return []
        try:
            states = json.loads(path.with_suffix(_STATES).read_bytes())
            told += [Told.of_json(each) for each in states]
        except FileNotFoundError:
            # None were told yet, or both files are gone and both are with the dead.
            path.stat()
        except (TypeError, ValueError, KeyError) as error:
            self._say_once(f"the states beside {path} are left out: {error}")
        return told

    def _say_once(self, message: str) -> None:
        if message not in self._said:
            self._said.add(message)
            _log.warning("%s", message)

    def _of_the_dead(self) -> _Dead:
        path = self.path / _DEAD
        try:
            with path.open("rb") as file:
                found = os.fstat(file.fileno())
                stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
                if self._dead is None or self._dead[0] != stamp:
                    self._dead = (stamp, self._dead_in(json.load(file)))
        except FileNotFoundError:
            return _NONE
        except (TypeError, ValueError, KeyError) as error:
            self._say_once(f"what ended workers counted is lost: {path} is broken: {error}")
            return _NONE
        return self._dead[1]

    @staticmethod
    def _dead_in(content: dict[str, Any]) -> _Dead:
        if content["of"] != layout.stamp():
            return _NONE
        told = tuple(Told.of_json(each) for each in content["told"])
        return _Dead(frozenset(content["taken"]), told)

    def _bury(self) -> None:
        """Take in the files of the dead, unless somebody else is at it."""
        with self._alone() as alone:
            if alone:
                self._take_in_the_dead()

    def _take_in_the_dead(self) -> None:
        dead = self._of_the_dead()
        totals = Totals()
        totals.add(dead.told, "", alive=False)
        taken = []
        for path in self._files():
            if path.name in dead.taken:
                taken.append(path)
                continue
            alive, told = self._state_of(path)
            if not alive:
                totals.add(told, "", alive=False)
                taken.append(path)
        content = {
            "of": layout.stamp(),
            "taken": [path.name for path in taken],
            "told": [each.as_json() for each in totals.exact()],
        }
        _replace(self.path / _DEAD, content)
        for path in taken:
            self._readers.pop(path.name, None)
            for file in (path, path.with_suffix(_STATES)):
                file.unlink(missing_ok=True)

    @contextmanager
    def _alone(self, *, patient: bool = False) -> Generator[bool]:
        """Hold the folder's lock, if it is free; the patient wait for half a second."""
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self.path / _LOCK, flags, 0o600)
        alone = False
        try:
            for tries in range(50 if patient else 1):
                if tries:
                    sleep(0.01)
                with contextlib.suppress(BlockingIOError):
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    alone = True
                    break
            yield alone
        finally:
            if alone:
                # Said, for a child that was forked meanwhile has the descriptor too.
                fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)


def number_of(path: Path) -> str:
    """The number that a worker has among those that live with it."""
    return path.name.partition("-")[0]


def sweep(home: Path) -> None:
    """Remove what servers left that are gone with all their workers; never raises."""
    with contextlib.suppress(OSError):
        for folder in home.iterdir():
            leader = family.leader_in(folder.name)
            if leader is None or leader.is_alive:
                continue
            if not any(is_alive(path) for path in folder.glob(f"*{_COUNTS}")):
                shutil.rmtree(folder, ignore_errors=True)


def _replace(path: Path, content: object) -> None:
    hidden = path.with_name(f".{path.name}-{os.getpid()}")
    hidden.write_text(json.dumps(content, separators=(",", ":")), encoding="utf-8")
    hidden.replace(path)
