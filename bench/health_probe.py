"""`python -m bench.health_probe`: how fast the admin port answers in distress, what checks cost.

A process of ninefold has 50 dependencies, 10 of whose checks hang for ever, and every thread of its
application is blocked; another process saturates one core. Its `/readyz` is asked on the admin port
again and again, each time on a fresh connection. Beside it, in turns, the same is asked of a
process without dependencies whose application is idle, and of a bare socket, in a process of its
own too: what that takes is the machine's.

Then three processes run for a while: without checks, with 50 that do nothing, and with 50 that
connect to a port. What the second's CPU time is above the first's is what scheduling costs.

It exits 0 whatever the figures are: a clock on a shared machine is no test.
"""

from __future__ import annotations

import argparse
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Final

from bench.health.probed import DEPENDENCIES, THREADS
from bench.machine import describe

LATEST: Final = Path(__file__).parent / "results" / "health-probe.json"

MEDIAN_AT_MOST_MS: Final = 1.0
P99_AT_MOST_MS: Final = 5.0
SHARE_AT_MOST: Final = 0.01
"""Of one core, for scheduling 50 checks."""

DISTRESSED: Final = "50 dependencies, 10 hang, application blocked"
CONTROL: Final = "no dependency, application idle (control)"
BARE: Final = "a socket that answers at once (the machine)"

_HOST: Final = "127.0.0.1"
_PAUSE: Final = 0.003
"""Seconds between two probes."""


@dataclass(frozen=True, slots=True)
class Latency:
    """How long probes took, in milliseconds, and how many were not answered with 200."""

    probes: int
    median_ms: float
    p99_ms: float
    longest_ms: float
    wrong: int


@dataclass(frozen=True, slots=True)
class Shares:
    """CPU time as a share of one core: without checks, 50 that do nothing, 50 that connect."""

    without: float
    idle: float
    connecting: float
    seconds: float

    @property
    def scheduling(self) -> float:
        """What 50 checks that do nothing add."""
        return self.idle - self.without


def latencies(probes: int) -> dict[str, Latency]:
    """Probe both processes in turns, with one core saturated."""
    with ExitStack() as stack:
        answering = stack.enter_context(_listening())
        hanging = stack.enter_context(closing(socket.create_server((_HOST, 0), backlog=64)))
        ports = (answering, hanging.getsockname()[1])
        services = {
            DISTRESSED: stack.enter_context(_Service("distressed", *ports)),
            CONTROL: stack.enter_context(_Service("idle", *ports)),
        }
        stack.enter_context(_blocked(services[DISTRESSED].application))
        stack.enter_context(_burning())
        for service in services.values():
            service.wait_until_ready()
        ports_by_name = {name: service.admin for name, service in services.items()}
        ports_by_name[BARE] = stack.enter_context(_listening("bare"))
        took: dict[str, list[float]] = {name: [] for name in ports_by_name}
        wrong = dict.fromkeys(ports_by_name, 0)
        for _ in range(probes):
            for name, port in ports_by_name.items():
                began = time.perf_counter()
                status = _get(port, "/readyz")
                took[name].append((time.perf_counter() - began) * 1000)
                wrong[name] += status != 200
                time.sleep(_PAUSE)
    return {
        name: Latency(len(each), median(each), quantiles(each, n=100)[98], max(each), wrong[name])
        for name, each in took.items()
    }


def shares(seconds: float) -> Shares:
    """Let the three processes run at the same time."""
    with ExitStack() as stack:
        port = stack.enter_context(_listening())
        services = [
            stack.enter_context(_Service(role, port)) for role in ("without", "noop", "connecting")
        ]
        time.sleep(5)
        before = [(service.cpu(), time.monotonic()) for service in services]
        time.sleep(seconds)
        after = [(service.cpu(), time.monotonic()) for service in services]
    used = [
        (cpu - cpu_before) / (at - at_before)
        for (cpu_before, at_before), (cpu, at) in zip(before, after, strict=True)
    ]
    without, idle, connecting = used
    return Shares(without, idle, connecting, seconds)


class _Service:
    """A process of ninefold: its ports, and the CPU time that it has used."""

    def __init__(self, role: str, *ports: int) -> None:
        self._process = _python(role, *map(str, ports))
        told = self._read()
        self.admin: int = told["admin"]
        self.application: int = told["application"]

    def __enter__(self) -> _Service:
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.kill()
        self._process.wait()

    def wait_until_ready(self) -> None:
        """Wait until it is: with dependencies that hang, until start-up's deadline of 30 s."""
        deadline = time.monotonic() + 60
        while (status := _get(self.admin, "/readyz")) != 200:
            if time.monotonic() > deadline:
                raise RuntimeError(f"/readyz still answers {status}")
            time.sleep(0.5)

    def cpu(self) -> float:
        """Seconds of CPU time so far."""
        assert self._process.stdin is not None
        print("cpu", file=self._process.stdin, flush=True)
        used: float = self._read()["cpu"]
        return used

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the service died; what it wrote is above")
        told: dict[str, Any] = json.loads(line)
        return told


@contextmanager
def _blocked(port: int) -> Iterator[None]:
    """Block every thread of the application, and see that it answers nobody any more."""
    with ExitStack() as stack:
        for _ in range(THREADS):
            line = stack.enter_context(socket.create_connection((_HOST, port)))
            line.sendall(b"GET /work HTTP/1.0\r\n\r\n")
        try:
            _get(port, "/livez", timeout=2)
        except TimeoutError:
            yield
        else:
            raise RuntimeError("the application still answers; its threads are not blocked")


@contextmanager
def _listening(role: str = "answer") -> Iterator[int]:
    """The port of a process that takes connections, and answers them where it is "bare"."""
    with _python(role) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


@contextmanager
def _burning() -> Iterator[None]:
    """Another process that saturates one core."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        try:
            yield
        finally:
            process.kill()


def _get(port: int, path: str, timeout: float = 5.0) -> int:
    """The status of one GET on a connection of its own, read to its end."""
    with socket.create_connection((_HOST, port), timeout=timeout) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while chunk := line.recv(65536):
            answer += chunk
    return int(answer.split(maxsplit=2)[1])


def _python(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "bench.health.probed", *arguments],
        cwd=Path(__file__).parent.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.health_probe", description=__doc__)
    parser.add_argument("--probes", type=int, default=3000, help="of each process")
    parser.add_argument("--seconds", type=float, default=60, help="that CPU time is measured for")
    parser.add_argument("--quick", action="store_true", help="tells that it works, no more")
    parser.add_argument(
        "--json", type=Path, default=LATEST, help="where to write (default: %(default)s)"
    )
    options = parser.parse_args(arguments)
    if options.quick:
        options.probes, options.seconds = 100, 5
    machine = describe()
    print(
        f"{machine['cpu']}, {machine['cores']} cores, {machine['python']}, load {machine['load']}"
    )
    found = latencies(options.probes)
    for name, each in found.items():
        print(
            f"  {name:<48}{each.probes:>6} probes  median {each.median_ms:.2f} ms"
            f"  p99 {each.p99_ms:.2f} ms  longest {each.longest_ms:.1f} ms  not 200: {each.wrong}"
        )
    used = shares(options.seconds)
    print(
        f"  CPU of one core: {used.without:.3%} without checks, {used.idle:.3%} with"
        f" {DEPENDENCIES} that do nothing, {used.connecting:.3%} with {DEPENDENCIES} that connect"
    )
    goals = _goals(found[DISTRESSED], used)
    for wanted, is_met in goals.items():
        print(f"  {'met' if is_met else 'missed':<8}{wanted}")
    document = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine,
        "quick": options.quick,
        "latencies": {name: asdict(each) for name, each in found.items()},
        "shares": asdict(used),
        "goals": goals,
    }
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(document, indent=1) + "\n")
    print(f"\nwritten to {options.json}")


def _goals(distressed: Latency, used: Shares) -> dict[str, bool]:
    return {
        f"median {distressed.median_ms:.2f} ms, under {MEDIAN_AT_MOST_MS:g} ms wanted": (
            distressed.median_ms < MEDIAN_AT_MOST_MS
        ),
        f"p99 {distressed.p99_ms:.2f} ms, at most {P99_AT_MOST_MS:g} ms wanted": (
            distressed.p99_ms <= P99_AT_MOST_MS
        ),
        f"every probe answered 200, {distressed.wrong} were not": distressed.wrong == 0,
        f"scheduling {used.scheduling:.3%} of one core, under {SHARE_AT_MOST:.0%} wanted": (
            used.scheduling < SHARE_AT_MOST
        ),
    }


if __name__ == "__main__":
    main(sys.argv[1:])
