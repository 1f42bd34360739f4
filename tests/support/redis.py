"""A real Redis on a port of its own, which keeps nothing; it can be stopped and started midway."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.components import executable
from tests.support.net import LOOPBACK, free_port, is_listening
from tests.support.process import Process


class Redis:
    """A running server. Use it as a context manager, so that it never outlives its test."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.program = executable("redis-server", package="redis-server")
        self._directory = directory
        self._starts = 0
        self.port = free_port()
        self.socket = directory / "redis.sock"
        self.process = self.start()

    def __enter__(self) -> Redis:
        return self

    def __exit__(self, *ended: object) -> None:
        self.stop()

    def start(self) -> Process:
        """Start it, empty, on the same port as before; ready when this returns."""
        self._starts += 1
        self.process = Process(
            "redis",
            [
                self.program,
                *("--port", str(self.port), "--bind", LOOPBACK, "--unixsocket", self.socket),
                *("--save", "", "--appendonly", "no", "--dir", self._directory),
            ],
            log=self._directory / f"redis-{self._starts}.log",
        )
        try:
            self.process.wait_until(lambda: is_listening(self.port))
        except BaseException:
            self.process.stop()
            raise
        return self.process

    def stop(self) -> None:
        """Stop it: nobody listens on its port."""
        self.process.stop()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop it where it stands: connections come about, and nobody answers."""
        os.kill(self.process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.process.pid, signal.SIGCONT)
