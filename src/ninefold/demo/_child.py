"""Child: one of the storefront's services in a process of its own, from its start to its end."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections import deque
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final, Self

from ninefold.demo._address import ANNOUNCED
from ninefold.errors import NinefoldError

_START: Final = 30.0
_GOODBYE: Final = 10.0
_LAST_LINES: Final = 15


class Child:
    """Runs `python -m MODULE`; an asynchronous context that ends with the process gone.

    The process is in a group of its own: Ctrl-C reaches who watches the demo, who then ends this
    in good order. Entering raises `NinefoldError` where it does not come to listen.
    """

    def __init__(self, module: str, environ: Mapping[str, str]) -> None:
        self.address = ""
        self._module = module
        self._environ = environ
        self._said: deque[str] = deque(maxlen=_LAST_LINES)
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        apart: dict[str, Any]
        if sys.platform == "win32":
            apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        else:
            apart = {"process_group": 0}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            self._module,
            env=dict(self._environ),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            **apart,
        )
        try:
            announced: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            self._reader = asyncio.create_task(self._listen(announced))
            self.address = await asyncio.wait_for(announced, _START)
        except BaseException as error:
            await self._stop()
            if isinstance(error, TimeoutError):
                raise self._failed(f"did not listen within {_START:g} seconds") from None
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stop()

    @property
    def has_ended(self) -> bool:
        """Whether the process is gone, which it should not be before it is told to."""
        return self._process is None or self._process.returncode is not None

    def explain(self) -> NinefoldError:
        """Say that the process ended of itself, with the last lines that it wrote."""
        status = None if self._process is None else self._process.returncode
        return self._failed(f"ended with status {status}")

    def _failed(self, what: str) -> NinefoldError:
        said = "".join(f"\n  {line}" for line in self._said)
        return NinefoldError(f"{self._module} {what}" + (f"; it wrote:{said}" if said else ""))

    async def _listen(self, announced: asyncio.Future[str]) -> None:
        process = self._process
        if process is None or process.stdout is None:
            return
        async for raw in process.stdout:
            line = raw.decode(errors="replace").rstrip()
            if line.startswith(ANNOUNCED) and not announced.done():
                announced.set_result(line.removeprefix(ANNOUNCED))
            else:
                self._said.append(line)
        await process.wait()
        if not announced.done():
            announced.set_exception(self.explain())

    async def _stop(self) -> None:
        """Close its standard input, which tells it to end; harder where that does not help."""
        process = self._process
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        for insist in (process.terminate, process.kill):
            try:
                await asyncio.wait_for(process.wait(), _GOODBYE)
                break
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    insist()
        await process.wait()
        if self._reader is not None:
            await self._reader
