"""A real PostgreSQL on a port of its own, which trusts loopback; it can be stopped and frozen."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.support.components import executable
from tests.support.net import LOOPBACK, free_port, is_listening
from tests.support.process import Process, clean_environment

_USER = "postgres"
# Debian keeps the server's programs off the path, a folder for each release.
_FOLDERS = "/usr/lib/postgresql/*/bin"


class Postgres:
    """A running server. Use it as a context manager, so that it never outlives its test."""

    def __init__(self, directory: Path) -> None:
        self.program = executable("postgres", package="postgresql", folders=_FOLDERS)
        self._directory = directory
        # Beside pytest's folders, which are closed to the user that the server runs as.
        self._data = Path(tempfile.mkdtemp(prefix="postgres-"))
        directory.mkdir(parents=True, exist_ok=True)
        self._starts = 0
        self.port = free_port()
        try:
            self._initialise()
            self.process = self.start()
        except BaseException:
            shutil.rmtree(self._data, ignore_errors=True)
            raise

    def __enter__(self) -> Postgres:
        return self

    def __exit__(self, *ended: object) -> None:
        try:
            self.stop()
        finally:
            shutil.rmtree(self._data, ignore_errors=True)

    def conninfo(self, port: int | None = None, password: str = "unused") -> str:
        """The address as a URL; `port` is that of a proxy in between."""
        return f"postgresql://{_USER}:{password}@{LOOPBACK}:{port or self.port}/postgres"

    def start(self) -> Process:
        """Start it on the same port and data as before; ready when this returns."""
        self._starts += 1
        self.process = Process(
            "postgres",
            [
                *self._as_user(),
                *(self.program, "-D", self._data, "-p", str(self.port), "-h", LOOPBACK),
                *("-k", "", "-c", "fsync=off", "-c", "full_page_writes=off"),
                *("-c", "max_connections=30", "-c", "shared_buffers=8MB"),
            ],
            log=self._directory / f"postgres-{self._starts}.log",
        )
        try:
            self.process.wait_until(
                lambda: is_listening(self.port) and "ready to accept" in self.process.log
            )
        except BaseException:
            self.process.stop()
            raise
        return self.process

    def stop(self) -> None:
        """Stop it, its clients notwithstanding: nobody listens on its port."""
        self.process.stop(signal.SIGINT)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop every process of it where it stands: connections come about, and nobody answers."""
        pids = [self.process.pid, *_children(self.process.pid)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def _initialise(self) -> None:
        if os.geteuid() == 0:  # as which PostgreSQL refuses to run
            shutil.chown(self._data, _USER, _USER)
        done = subprocess.run(
            [
                *self._as_user(),
                *(self.program.with_name("initdb"), "-D", self._data, "-U", _USER, "-A", "trust"),
                *("--no-sync", "--no-instructions", "--locale=C", "--encoding=UTF8"),
            ],
            cwd=self._data,
            env=clean_environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"initdb ended with {done.returncode}:\n{done.stdout}{done.stderr}")

    @staticmethod
    def _as_user() -> list[str | Path]:
        """What runs the rest as the user that Debian's package made; it becomes it by exec."""
        if os.geteuid() != 0:
            return []
        setpriv = executable("setpriv", package="util-linux")
        return [setpriv, f"--reuid={_USER}", f"--regid={_USER}", "--init-groups"]


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in listed.split()]
