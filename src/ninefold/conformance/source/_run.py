"""One run over files that declare metrics: these are parsed, and what calls and records them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Final

from ninefold.conformance._facts import Facts, Suppression, Unread
from ninefold.conformance.source._files import Calls, Records
from ninefold.conformance.source._module import Module
from ninefold.conformance.source._program import FAULTS, TOO_DEEP, Program, start_of, unparsed
from ninefold.conformance.source._read import Files
from ninefold.conformance.source._reader import Reader

_MOST_ROUNDS: Final = 3


class Run:
    """One run; `declaring` are those of the files that may declare something."""

    def __init__(self, files: Files, declaring: Iterable[str]) -> None:
        self._files = files
        self._declaring = dict.fromkeys(declaring)
        self.program = Program(files.finder)
        self._reader = Reader(self.program)
        self.parsed: dict[str, Module | None] = {}
        """The files of the run that were parsed; None for those that could not be."""
        self.called: list[Calls] = []
        """What was looked for in all files, round by round."""
        self.recorded: Records | None = None
        """On what uses were looked for in all files."""

    def facts(self, suppressions: Iterable[Suppression]) -> Facts:
        """What the files declare and record."""
        for path in self._files.held:
            self.program.reads(os.path.abspath(path), path)
        for path in self._declaring:
            self._look(path, self._reader.declares)
        self._follow_wrappers()
        self._follow_uses()
        unread = self._files.unread
        try:
            declarations, uses = self._reader.finish()
        except RecursionError:
            declarations, uses = [], []
            unread.append(Unread(start_of("."), TOO_DEEP))
        return Facts(
            tuple(declarations),
            tuple(uses),
            tuple(unread),
            tuple(suppressions),
            len(self._files.held),
        )

    def _follow_wrappers(self) -> None:
        """Find the calls of functions that only pass a name on; such calls may stand in others."""
        done: set[int] = set()
        for _ in range(_MOST_ROUNDS):
            found = self._reader.wrappers()
            names = {name for name, nodes in found.items() if not nodes <= done}
            if not names:
                return
            done.update(*found.values())
            calls = Calls(names)
            self.called.append(calls)
            for path in self._files.held:
                wanted = calls.near(self._files.near(path), self._files.data(path))
                if not wanted:
                    continue
                is_new = path not in self.parsed

                def look(module: Module, wanted: set[str] = wanted, is_new: bool = is_new) -> None:
                    self._reader.calls(module, wanted, is_new=is_new)

                self._look(path, look)

    def _follow_uses(self) -> None:
        """Look into files that declare nothing for uses of what others have declared."""
        records = self.recorded = Records(self._reader.names())
        if not records.by_top:
            return
        for path in self._files.held:
            data = self._files.data(path)
            # To find what a file imports takes longer than to see that it records nothing of ours.
            if path in self._declaring or not records.may(data):
                continue
            if records.near(self._files.near(path), data):
                self._look(path, self._reader.uses_in)

    def _look(self, path: str, look: Callable[[Module], None]) -> None:
        if path not in self.parsed:
            self.parsed[path] = None
            try:
                self.parsed[path] = self.program.add(os.path.abspath(path), self._files.data(path))
            except FAULTS as error:
                self._files.unread.append(unparsed(path, error))
        module = self.parsed[path]
        if module is None:
            return
        try:
            look(module)
        except RecursionError:
            self.parsed[path] = None
            self._files.unread.append(Unread(start_of(path), TOO_DEEP))
