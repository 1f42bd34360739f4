"""Processes that share a Board, each asked over a pipe of its own."""

from __future__ import annotations

from collections.abc import Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ninefold.telemetry._workers import Board
from ninefold.telemetry._workers import _family as family
from ninefold.telemetry._workers._board import folder_of


def folder(service: str) -> Path:
    """Where the children of this process leave word for each other."""
    return family.home() / folder_of(service, family.present())


class Member:
    """A child of this process with a board, made there unless it is given."""

    def __init__(
        self, service: str, method: str = "fork", setting: str = "auto", board: Board | None = None
    ) -> None:
        context = get_context(method)
        self._pipe, other = context.Pipe()
        # Typed by what they share: each context has a class of its own.
        self.process: Any = context.Process(  # type: ignore[attr-defined]
            target=_serve, args=(other, service, setting, board), daemon=True
        )
        self.process.start()
        self.pid: int = self.process.pid

    def ask(self, name: str, *arguments: object) -> object:
        """What the board answers to this method, or has as this property."""
        self._pipe.send((name, arguments))
        return self._pipe.recv()


def _serve(pipe: Connection, service: str, setting: str, board: Board | None) -> None:
    board = board or Board(service, setting)
    while True:
        name, arguments = pipe.recv()
        found = getattr(board, name)
        pipe.send(_called(found, arguments) if callable(found) else found)


def _called(method: Any, arguments: Sequence[object]) -> object:
    return method(*arguments)
