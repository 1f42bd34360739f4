"""The faults of conformance/vectors/health/rows.yaml by their words: each comes, lasts, goes."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

from tests.support.health_service import HealthService
from tests.support.net import LOOPBACK, http
from tests.support.postgres import Postgres
from tests.support.redis import Redis
from tests.support.tcp_proxy import Fault, TcpProxy
from tests.support.upstream import Part, Upstream
from tests.support.waiting import eventually

_PATHS = ("/readyz", "/livez", "/startupz", "/healthz")


@dataclass
class Line:
    """What a service reaches a dependency by: a proxy for each replica, and the server behind."""

    proxies: list[TcpProxy]
    server: Postgres | Redis | None


class Faults:
    """Brings about what a step says, in the order of its words, and undoes it at the end.

    `lines` are those to the dependencies, by name. `threads` is how many requests the service's
    server serves at once.
    """

    def __init__(self, lines: Mapping[str, Line], upstream: Upstream, threads: int) -> None:
        self._lines = lines
        self._upstream = upstream
        self._threads = threads
        self._service: HealthService | None = None

    def serve(self, service: HealthService) -> None:
        """The service is there."""
        self._service = service

    @contextmanager
    def lasting(self, fault: Mapping[str, Any]) -> Iterator[None]:
        """While this lasts, so does the fault."""
        with ExitStack() as stack:
            for word, said in fault.items():
                come: Callable[[Any, ExitStack], None] = getattr(self, f"_{word}")
                come(said, stack)
            yield

    def part(self, name: str) -> Part:
        """What the HTTP service does for a dependency."""
        return self._upstream.part(name)

    @property
    def service(self) -> HealthService:
        """The service; there is none before it started."""
        assert self._service is not None
        return self._service

    def _refuse(self, names: Iterable[str], stack: ExitStack) -> None:
        self._break(names, Fault.REFUSE, stack)

    def _reset(self, names: Iterable[str], stack: ExitStack) -> None:
        self._break(names, Fault.RESET, stack)

    def _hang(self, names: Iterable[str], stack: ExitStack) -> None:
        self._break(names, Fault.HANG, stack)

    def _drop(self, names: Iterable[str], stack: ExitStack) -> None:
        self._break(names, Fault.DROP, stack)

    def _break(self, names: Iterable[str], fault: Fault, stack: ExitStack) -> None:
        for name in names:
            dependency, _, replica = name.partition(".")
            proxies = self._lines[dependency].proxies
            for proxy in [proxies[int(replica)]] if replica else proxies:
                proxy.fault = fault
                proxy.cut()
                stack.callback(_mend, proxy)

    def _delay(self, said: Mapping[str, float], stack: ExitStack) -> None:
        for name, seconds in said.items():
            for proxy in self._lines[name].proxies:
                proxy.delay = seconds
                stack.callback(setattr, proxy, "delay", 0.0)

    def _freeze(self, names: Iterable[str], stack: ExitStack) -> None:
        servers = {id(server): server for name in names if (server := self._lines[name].server)}
        for server in servers.values():
            stack.enter_context(server.frozen())

    def _says(self, said: Mapping[str, str], stack: ExitStack) -> None:
        for name, word in said.items():
            self._part(name, stack).says = word

    def _fails(self, said: Mapping[str, int], stack: ExitStack) -> None:
        for name, probes in said.items():
            part = self._part(name, stack)
            part.free.clear()
            part.fails = probes

    def _holds(self, names: Iterable[str], stack: ExitStack) -> None:
        for name in names:
            self._part(name, stack).free.clear()

    def _alternates(self, names: Iterable[str], stack: ExitStack) -> None:
        for name in names:
            self._part(name, stack).alternates = True

    def _part(self, name: str, stack: ExitStack) -> Part:
        part = self.part(name)
        stack.callback(part.mend)
        return part

    def _calls(self, said: Mapping[str, str], stack: ExitStack) -> None:
        for name, come_to in said.items():
            part = self._part(name, stack)
            part.works = come_to == "succeed"
            before = part.called
            stack.enter_context(self._calling(name))
            eventually(lambda part=part, before=before: part.called > before + 2)  # type: ignore[misc]  # bound here

    @contextmanager
    def _calling(self, name: str) -> Iterator[None]:
        ended = threading.Event()

        def call() -> None:
            while not ended.wait(0.05):
                with suppress(OSError):
                    self.service.server.request(f"/call/{name}")

        calling = threading.Thread(target=call)
        calling.start()
        try:
            yield
        finally:
            ended.set()
            calling.join()

    def _pool(self, names: Iterable[str], stack: ExitStack) -> None:
        for name in names:
            held = self.service.server.request(f"/hold/{name}")
            assert held.status == 200, held.text
            stack.callback(self.service.server.request, f"/free/{name}")

    def _scheduler(self, said: str, stack: ExitStack) -> None:
        assert said == "dead"
        assert self.service.server.request("/end-scheduler").status == 200

    def _drain(self, said: bool, stack: ExitStack) -> None:
        assert said
        done = http(f"http://{LOOPBACK}:{self.service.admin}/drainz", method="POST")
        assert done.status == 200, done.text

    def _sigterm(self, said: bool, stack: ExitStack) -> None:
        assert said
        process = self.service.server.process
        stack.callback(eventually, lambda: process.status is not None, within=60, wanted="its end")
        stack.enter_context(self._under_way("slow", 1))
        # The master's, as an orchestrator sends it.
        os.kill(process.pid, signal.SIGTERM)

    def _blocked(self, said: bool, stack: ExitStack) -> None:
        assert said
        stack.enter_context(self._under_way("block", self._threads))

    @contextmanager
    def _under_way(self, name: str, times: int) -> Iterator[None]:
        """So many requests are served until the end, and then all are answered well."""
        part = self.part(name)
        part.free.clear()
        came: list[int] = []

        def ask() -> None:
            came.append(self.service.server.request(f"/{name}").status)

        asking = [threading.Thread(target=ask) for _ in range(times)]
        for each in asking:
            each.start()
        try:
            eventually(lambda: part.waiting == times, wanted=f"{times} under way")
            yield
        finally:
            part.mend()
            for each in asking:
                each.join()
        assert came == [200] * times

    def _burst(self, said: int, stack: ExitStack) -> None:
        parts = [self.part(name) for name in self._lines]
        before = [part.probed for part in parts]
        assert all(before)
        for port in self.service.ports.values():
            assert _at_once(port, said) == [200] * said
        assert [part.probed for part in parts] == before


def _at_once(port: int, times: int) -> list[int]:
    """The codes of so many probes that are all sent before any answer is read."""
    start = threading.Barrier(times)
    codes: list[int] = []

    def probe(path: str) -> None:
        start.wait()
        codes.append(http(f"http://{LOOPBACK}:{port}{path}", timeout=60).status)

    probing = [
        threading.Thread(target=probe, args=(path,)) for path in islice(cycle(_PATHS), times)
    ]
    for each in probing:
        each.start()
    for each in probing:
        each.join()
    return codes


def _mend(proxy: TcpProxy) -> None:
    proxy.fault = Fault.NONE
    proxy.cut()
