"""`python -m bench.collector`: what a Collector that hangs costs the requests of a service.

Three processes answer requests of the storefront, every request's span kept: one exports to a
Collector that answers, one does so too (the control), one to a Collector that never does. They take
turns, a second each, in an order that moves on each round. Requests come at a steady rate whether
or not the one before is answered; how long one took counts from when it was due. As in the other
benchmarks there are no sockets between the requests and the application.

It exits 0 whatever the figures are: a clock on a shared machine is no test.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Final

from bench.asgi import Driver
from bench.machine import describe
from bench.storefront import PATH, fastapi_app

HEALTHY: Final = "healthy"
CONTROL: Final = "healthy again (noise)"
HANGING: Final = "hanging"
SLOWER_AT_MOST: Final = 1.2
LARGER_AT_MOST: Final = 30.0
"""In MiB."""

_HOST: Final = "127.0.0.1"
_CONFIGURED: Final = ("OTEL_", "NINEFOLD_")
_DROPPED: Final = re.compile(r"^ninefold_telemetry_dropped\w*{[^}]*} ([0-9.e+]+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Found:
    """One service's figures: p99 in milliseconds, the largest resident size in MiB, its losses.

    `p99` is that of all requests, `p99s` that of each second. `dropped` is what the service itself
    counts in `ninefold.telemetry.dropped`.
    """

    requests: int
    p99: float
    p99s: tuple[float, ...]
    rss: float
    dropped: int


def compare(seconds: int = 60, rate: int = 1000) -> dict[str, Found]:
    """Serve `rate` requests a second for `seconds` seconds under each Collector, in turns."""
    with _answering() as answering, _hanging() as hanging:
        endpoints = {HEALTHY: answering, CONTROL: answering, HANGING: hanging}
        services: dict[str, _Service] = {}
        try:
            for name, port in endpoints.items():
                services[name] = _Service(port)
            return _take_turns(services, seconds, rate)
        finally:
            for service in services.values():
                service.close()


class _Service:
    """A process that exports to the Collector on a port, and what was measured of it."""

    def __init__(self, collector: int) -> None:
        self.took: list[list[float]] = []
        self.rss = 0.0
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(_CONFIGURED)
        } | {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{_HOST}:{collector}",
            "OTEL_METRIC_EXPORT_INTERVAL": "5000",
            "no_proxy": "*",
        }
        self._process = _python("--serve", environment)

    def serve(self, rate: int) -> list[float]:
        """Serve for one second; how long each request took, in seconds."""
        answer = self._ask(f"{rate}")
        self.rss = max(self.rss, answer["rss"])
        took: list[float] = answer["took"]
        return took

    def found(self) -> Found:
        """Its figures, and what it says it lost."""
        dropped: int = self._ask("end")["dropped"]
        every = list(chain.from_iterable(self.took))
        return Found(len(every), _p99(every), tuple(map(_p99, self.took)), self.rss, dropped)

    def _ask(self, order: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(order, file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the service died; what it wrote is above")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End it without a flush."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.kill()
        self._process.wait()


def _take_turns(services: dict[str, _Service], seconds: int, rate: int) -> dict[str, Found]:
    names = list(services)
    for name in names:  # what is imported and filled at first is no part of it
        services[name].serve(rate)
    for round_ in range(seconds):
        turn = round_ % len(names)
        for name in names[turn:] + names[:turn]:
            services[name].took.append(services[name].serve(rate))
    return {name: service.found() for name, service in services.items()}


def _p99(took: list[float]) -> float:
    return quantiles(took, n=100)[98] * 1000


def _serve() -> None:
    """The process of one service: obeys the orders that it reads."""
    import ninefold as nf

    service = nf.setup("bench", prometheus=True)
    driver = Driver(service.instrument(fastapi_app()), PATH, {})
    for line in sys.stdin:
        if line.strip() == "end":
            _, text = driver.get("/metrics")
            dropped = sum(float(count) for count in _DROPPED.findall(text.decode()))
            print(json.dumps({"dropped": int(dropped)}), flush=True)
        else:
            print(json.dumps({"took": _one_second(driver, int(line)), "rss": _rss()}), flush=True)


def _one_second(driver: Driver, rate: int) -> list[float]:
    took: list[float] = []
    began = time.perf_counter()
    for each in range(rate):
        due = began + each / rate
        early = due - time.perf_counter()
        if early > 0:
            time.sleep(early)
        driver.run(1)
        took.append(time.perf_counter() - due)
    return took


def _rss() -> float:
    """The resident size of this process in MiB, which Linux alone tells so easily."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def _python(role: str, environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "bench.collector", role],
        cwd=Path(__file__).parent.parent,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@contextmanager
def _hanging() -> Iterator[int]:
    """The port of a Collector that takes connections and never reads from them."""
    with socket.create_server((_HOST, 0), backlog=128) as listener:
        yield listener.getsockname()[1]


@contextmanager
def _answering() -> Iterator[int]:
    """The port of a Collector that takes everything, in a process of its own."""
    with _python("--answer") as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


def _answer() -> None:
    """The process of that Collector: says where it listens."""
    server = ThreadingHTTPServer((_HOST, 0), _Answers)
    print(server.server_address[1], flush=True)
    server.serve_forever()


def slower(of: Found, than: Found) -> float:
    """How many times as long: the median, over rounds, of one p99 by the other of the same round.

    A second in which the machine stood still decides the p99 of a whole run, whoever's it was.
    """
    return median(mine / theirs for mine, theirs in zip(of.p99s, than.p99s, strict=True))


def told(found: dict[str, Found]) -> tuple[str, str]:
    """The two figures, as text: how much slower, and how much larger."""
    healthy, control, hanging = found[HEALTHY], found[CONTROL], found[HANGING]
    longer = (
        f"{slower(hanging, healthy):.2f} times (of all: {hanging.p99:.1f} against"
        f" {healthy.p99:.1f} ms; the control {slower(control, healthy):.2f} times)"
    )
    larger = (
        f"{hanging.rss - healthy.rss:+.1f} MiB ({hanging.rss:.0f} against {healthy.rss:.0f} MiB;"
        f" the control {control.rss - healthy.rss:+.1f})"
    )
    return longer, larger


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.collector", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="under each Collector")
    parser.add_argument("--rate", type=int, default=1000, help="requests a second")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--answer", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.serve:
        return _serve()
    if options.answer:
        return _answer()
    machine = describe()
    print(
        f"{machine['cpu']}, {machine['cores']} cores, {machine['python']}, load {machine['load']}"
    )
    found = compare(options.seconds, options.rate)
    for name, each in found.items():
        print(
            f"  {name:<24}{each.requests:>8} requests"
            f"  p99 {each.p99:6.1f} ms, of a second {median(each.p99s):6.1f} ms"
            f"  RSS {each.rss:6.1f} MiB  dropped {each.dropped}"
        )
    longer, larger = told(found)
    healthy, hanging = found[HEALTHY], found[HANGING]
    is_met = slower(hanging, healthy) <= SLOWER_AT_MOST
    print(f"  {'met' if is_met else 'missed'}: p99 {longer}, at most {SLOWER_AT_MOST} wanted")
    is_met = hanging.rss - healthy.rss <= LARGER_AT_MOST
    print(f"  {'met' if is_met else 'missed'}: RSS {larger}, at most {LARGER_AT_MOST:g} wanted")


if __name__ == "__main__":
    main(sys.argv[1:])
