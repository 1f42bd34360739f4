"""A child process: started with a clean environment, its log kept, stopped by its own handle."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from tests.support.waiting import PATIENCE, eventually

ROOT = Path(__file__).parents[2]

# What the machine's own set-up must not decide for a process under test.
_LEFT_OUT = ("OTEL_", "NINEFOLD_", "ROTEL_", "UVICORN_", "FLASK_", "WERKZEUG_")
# But this does not: the test itself does, and no rate is to limit what it looks at.
_PASSED_ON = "NINEFOLD_SAMPLING_TARGET_PER_S"
_PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy"})


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without proxies and telemetry settings, then `extra`."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if key == _PASSED_ON or (not key.startswith(_LEFT_OUT) and key.lower() not in _PROXIES)
    }
    return kept | dict(extra or {})


class Process:
    """One running child. Use it as a context manager, so that it never outlives its test."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.log_file = log
        with log.open("wb") as output:
            self._child = subprocess.Popen(
                [str(part) for part in command],
                cwd=ROOT,
                env=clean_environment(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._child.pid

    @property
    def status(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self._child.poll()

    @property
    def log(self) -> str:
        """Everything it wrote so far, to either stream."""
        return self.log_file.read_text(errors="replace")

    def wait_until(self, ready: Callable[[], object], *, within: float = PATIENCE) -> None:
        """Wait until `ready` holds; fail at once, with the log, when the process ends before."""

        def look() -> bool:
            if self.status is not None:
                raise RuntimeError(f"{self.name} ended with {self.status}:\n{self.log}")
            return bool(ready())

        try:
            eventually(look, within=within, wanted=f"{self.name} ready")
        except AssertionError as error:
            error.add_note(f"log of {self.name}:\n{self.log}")
            raise

    def stop(self, sign: signal.Signals = signal.SIGTERM, *, within: float = PATIENCE) -> int:
        """Send `sign`, wait for the end, and return the exit status; killed where that fails."""
        if self._child.poll() is None:
            self._child.send_signal(sign)
            try:
                self._child.wait(within)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
                raise AssertionError(
                    f"{self.name} still ran {within:g} s after {sign.name}:\n{self.log}"
                ) from None
        return self._child.wait()
