"""One library's server in one row: its process, its own dependency, and where it is probed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from bench.health.dependency import Dependency
from bench.health.prober import probe
from bench.health.rows import Row

_ROOT: Final = Path(__file__).parents[2]
_CONFIGURED: Final = ("OTEL_", "NINEFOLD_", "FASTAPI_", "PROMETHEUS_", "DJANGO_", "UVICORN_")
_UP_WITHIN: Final = 60.0


class Unavailable(Exception):
    """The server cannot be had; the message says why."""


class Subject:
    """A server under test. `doors` are filled by `start`: port and path by the door's name."""

    def __init__(self, library: str, row: Row, folder: Path) -> None:
        self.library = library
        self.row = row
        self.dependency = Dependency()
        self.doors: dict[str, tuple[int, str]] = {}
        self._journal = folder / f"{library}-{row.name}.calls"
        self._log = folder / f"{library}-{row.name}.log"
        self._process: subprocess.Popen[str] | None = None

    async def start(self) -> None:
        """Start it and wait until each door says ready."""
        await self.dependency.start()
        await asyncio.to_thread(self._spawn)
        deadline = time.monotonic() + _UP_WITHIN
        for port, path in self.doors.values():
            while not (last := await probe(port, path, 0.0)).is_ready:
                if time.monotonic() > deadline:
                    raise Unavailable(f"still not ready after {_UP_WITHIN:g} s ({last.status})")
                await asyncio.sleep(0.2)

    def calls(self) -> list[float]:
        """When each call of the check began, in monotonic seconds, as the check noted them."""
        if not self._journal.exists():
            return []
        return [float(line) for line in self._journal.read_text().splitlines()]

    def close(self) -> None:
        """End the process, its children, and the dependency."""
        self.dependency.close()
        if self._process is not None:
            # gunicorn's worker, and threads that hang for ever, are ended with it.
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()

    def _spawn(self) -> None:
        command = [sys.executable, "-m", "bench.health.serve", self.library]
        command += ["--dependency", str(self.dependency.port), "--scope", self.row.scope]
        command += ["--journal", str(self._journal)]
        if self.row.client_timeout is not None:
            command += ["--timeout", str(self.row.client_timeout)]
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(_CONFIGURED)
        }
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=_ROOT,
                env=inherited,
                start_new_session=True,
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            said = self._log.read_text().strip().splitlines()
            raise Unavailable(said[-1] if said else "the server died and said nothing")
        self.doors = {name: (port, path) for name, (port, path) in json.loads(line).items()}
