"""Board: where the workers of one server leave word for each other, in empty files.

One says that the server is to drain, one that it has started, and each worker has one whose age
says when it last served.
A process that serves alone has no board, and neither has Windows. What is said is said again where
the files were removed meanwhile, as by who tidies up what is temporary.
"""

from __future__ import annotations

import logging
import os
import threading
from contextlib import suppress
from pathlib import Path
from time import time
from typing import Final

from ninefold.telemetry._fork import restart_after_fork
from ninefold.telemetry._workers import _family as family

__all__ = ["Board", "folder_of"]

_DRAINING: Final = "draining"
_STARTED: Final = "started"
_BEAT: Final = ".beat"

FORGOTTEN: Final = 60.0
"""Seconds after which a beat is of a worker that was killed; who joins then removes it."""

_log = logging.getLogger("ninefold.telemetry")


class Board:
    """The board of this process's server. Nothing here raises.

    `setting` is the one of who answers a scrape as one; `off` means that there is none. Whatever
    folder it names, the board is of the workers that one server has started: what was said of the
    last deployment must not be heard by the next.
    """

    def __init__(self, service: str, setting: str) -> None:
        self._service = service
        self._on = setting != family.OFF and os.name != "nt"
        self._prepared = family.present() if self._on else None
        self._of_gunicorn = self._on and family.in_gunicorns_worker()
        self._lock = threading.RLock()
        self._folder: Path | None = None
        self._looked = False
        self._heard: frozenset[str] = frozenset()
        restart_after_fork(self)

    def restart(self) -> None:
        """Look anew in a forked child, which is a worker though its parent was none."""
        self._lock = threading.RLock()
        self._looked, self._heard, self._folder = False, frozenset(), None

    @property
    def is_shared(self) -> bool:
        """Whether this process is one of several workers."""
        return self._place() is not None

    def drain(self) -> None:
        """Tell every worker to drain, for good."""
        self._say(_DRAINING)

    def is_draining(self) -> bool:
        """Whether one was told so."""
        return self._hears(_DRAINING)

    def start(self) -> None:
        """Tell every worker, those to come too, that the server has started."""
        self._say(_STARTED)

    def is_started(self) -> bool:
        """Whether one has told so."""
        return self._hears(_STARTED)

    def beat(self) -> None:
        """Tell that this worker serves."""
        self._touch(self._own())
        for word in self._heard:
            self._touch(word)

    def others_beat(self, within: float) -> bool:
        """Whether another worker, which still runs, has told so within this many seconds."""
        folder = self._place()
        if folder is None:
            return False
        own, now = self._own(), time()
        return any(
            name != own and abs(now - at) <= within and family.is_running(int(name[: -len(_BEAT)]))
            for name, at in _beats(folder)
        )

    def leave(self) -> None:
        """Beat no more."""
        folder = self._place()
        if folder is not None:
            with suppress(OSError):
                (folder / self._own()).unlink(missing_ok=True)

    def _say(self, word: str) -> None:
        if word not in self._heard and self.is_shared:
            self._heard |= {word}
            self._touch(word)

    def _hears(self, word: str) -> bool:
        if word in self._heard:
            return True
        folder = self._place()
        if folder is None or not os.path.exists(folder / word):
            return False
        self._heard |= {word}
        return True

    def _own(self) -> str:
        return f"{os.getpid()}{_BEAT}"

    def _touch(self, name: str) -> None:
        folder = self._place()
        if folder is None:
            return
        try:
            try:
                (folder / name).touch()
            except FileNotFoundError:
                family.made(folder.parent)
                (family.made(folder) / name).touch()
        except OSError as error:
            _log.debug("the other workers do not hear of %s: %s", name, error)

    def _place(self) -> Path | None:
        prepared = self._prepared
        if self._looked or prepared is None:
            return self._folder
        with self._lock:
            if not self._looked:
                self._looked = True
                leader = family.leader_of(prepared, None, of_gunicorn=self._of_gunicorn)
                if leader is not None:
                    try:
                        home = family.home()
                        folder = family.made(home / folder_of(self._service, leader))
                        _tidy(home, folder)
                        self._folder = folder
                    except OSError as error:
                        _log.debug(
                            "the workers of this server do not hear of each other: %s", error
                        )
        return self._folder


def folder_of(service: str, leader: family.Process) -> str:
    """The name of its folder: not that of what is counted, which says who shares a scrape."""
    return family.folder_of(f"{service}.board", leader)


def _beats(folder: Path) -> list[tuple[str, float]]:
    """The workers' files in it, and when each was last touched."""
    found: list[tuple[str, float]] = []
    with suppress(OSError), os.scandir(folder) as listed:
        for each in listed:
            if each.name.endswith(_BEAT) and each.name[: -len(_BEAT)].isdecimal():
                # Gone since it was listed: that one has left.
                with suppress(OSError):
                    found.append((each.name, each.stat().st_mtime))
    return found


def _tidy(home: Path, folder: Path) -> None:
    """Remove what servers left that are gone, and workers of this one that were killed."""
    from ninefold.telemetry._workers._directory import sweep  # Windows has not what it imports

    sweep(home)
    now = time()
    for name, at in _beats(folder):
        if now - at > FORGOTTEN:
            with suppress(OSError):
                (folder / name).unlink(missing_ok=True)
