"""The admin port: one thread that has it, or waits until it can have it.

Of several workers the first one has the port. The others find it in use and try again about once a
second, so that one of them has it soon after the first one died, however it died.
"""

from __future__ import annotations

import errno
import logging
import threading
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Final

from ninefold.config import Address
from ninefold.core import Runtime
from ninefold.service._admin_listener import Listener
from ninefold.telemetry import restart_after_fork
from ninefold.telemetry._threads import are_patched

if TYPE_CHECKING:
    from ninefold.service._admin_endpoints import Endpoints
    from ninefold.telemetry import Faults

_log = logging.getLogger("ninefold")

RETRY: Final = (0.5, 1.5)
"""Seconds between two attempts, drawn anew each time: workers must not all come at once."""

TELL_AFTER: Final = 5
"""Attempts until the log says why there is no admin port: a former process may be just ending."""

_EVERYWHERE: Final = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}


class Admin:
    """Answers on an address of its own from `start` on, in each process anew; never raises."""

    def __init__(
        self,
        address: Address,
        endpoints: Endpoints,
        faults: Faults,
        runtime: Runtime | None = None,
    ) -> None:
        self._address = address
        self._endpoints = endpoints
        self._faults = faults
        self._random = (runtime or Runtime()).random
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._listener: Listener | None = None
        self.bound: str | None = None
        """`host:port` while this process answers there."""
        restart_after_fork(self)

    def start(self, _: object = None) -> None:
        """Begin, unless this process has begun or ended already."""
        if self._thread is None and not self._ended.is_set() and not are_patched():
            self._thread = threading.Thread(target=self._run, name="ninefold-admin", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End, for good: when this returns, the address is free as a rule."""
        self._ended.set()
        listener, thread = self._listener, self._thread
        if listener is not None:
            listener.wake()
        if thread is not None and thread is not threading.current_thread():
            thread.join(1.0)

    def restart(self) -> None:
        """Let go of the parent's socket, which would keep the address in use when it dies."""
        ended, self._ended = self._ended.is_set(), threading.Event()
        if ended:
            self._ended.set()
        self._thread = self.bound = None
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.forget()

    def _run(self) -> None:
        ended, failed = self._ended, 0
        while not ended.is_set():
            try:
                self._serve(ended)
            except OSError as error:
                failed += 1
                if failed == TELL_AFTER:
                    self._tell(error)
            except Exception as error:  # noqa: BLE001 - telemetry never breaks the application
                self._faults.internal_error("metrics", error)
            ended.wait(self._random.uniform(*RETRY))

    def _serve(self, ended: threading.Event) -> None:
        """Answer until the end. Raises `OSError` where the address cannot be had."""
        self._listener = listener = Listener(self._address, self._endpoints, self._faults)
        try:
            listener.listen()
            host, port = listener.server_address[:2]
            self.bound = str(Address(str(host), int(port)))
            while not ended.is_set():
                listener.handle_request()
        finally:
            self._listener = self.bound = None
            listener.server_close()

    def _tell(self, error: OSError) -> None:
        if error.errno == errno.EADDRINUSE and self._is_a_siblings():
            return
        _log.warning(
            "the admin port %s cannot be opened (%s), and is tried again each second: stop who has"
            " it, or choose another address with setup(admin=…) or NINEFOLD_ADMIN",
            self._address,
            error,
        )

    def _is_a_siblings(self) -> bool:
        """Whether the same service answers there, as it does where there are several workers."""
        host = _EVERYWHERE.get(self._address.host, self._address.host)
        try:
            with closing(HTTPConnection(host, self._address.port, timeout=2.0)) as asked:
                asked.request("GET", "/")
                greeting = self._endpoints.greeting.encode()
                return asked.getresponse().read(len(greeting) + 1) == greeting + b"\n"
        except (OSError, HTTPException):
            return False
