"""Health among several workers: one drain reaches all, and one answer tells of all.

`nox -s ends` starts every server; the test command one of them.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.support import servers
from tests.support.net import LOOPBACK, Answer, free_port, http
from tests.support.process import Process
from tests.support.waiting import eventually

from ninefold.telemetry._workers import _family as family
from ninefold.telemetry._workers._board import folder_of

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="by design: /proc says who has the admin port"
)

APPS = "tests.integration.apps"
FLASK = f"{APPS}.health_workers_flask"
WORKERS = 2
Command = Callable[[int], list[str]]


def gunicorn(*options: str) -> Command:
    """A Flask application on workers of gunicorn."""
    bind = ["--workers", str(WORKERS), "--timeout", "300", "--bind"]
    return lambda port: ["-m", "gunicorn", *options, *bind, f"{LOOPBACK}:{port}", f"{FLASK}:app"]


def gunicorn_uvicorn(port: int) -> list[str]:
    """A FastAPI application on workers of gunicorn that are uvicorn's."""
    bind = ["--workers", str(WORKERS), "--bind", f"{LOOPBACK}:{port}", "--timeout", "300"]
    kind = ["-k", "uvicorn_worker.UvicornWorker"]
    return ["-m", "gunicorn", *kind, *bind, f"{APPS}.health_workers_asgi:app"]


def uvicorn(port: int) -> list[str]:
    """A FastAPI application on uvicorn's own workers."""
    app = f"{APPS}.health_workers_asgi:app"
    return ["-m", "uvicorn", app, "--port", str(port), "--workers", str(WORKERS)]


SERVERS: dict[str, tuple[Command, int]] = {
    "gunicorn sync": (gunicorn(), 1),
    "gunicorn sync --preload": (gunicorn("--preload"), 1),
    "gunicorn gthread": (gunicorn("-k", "gthread", "--threads", "2"), 2),
    "gunicorn gthread --preload": (gunicorn("-k", "gthread", "--threads", "2", "--preload"), 2),
    "gunicorn uvicorn": (gunicorn_uvicorn, 1),
    "uvicorn --workers": (uvicorn, 1),
}
"""Each with how many requests block one of its workers."""

QUICK = ("gunicorn gthread --preload",)
EVERY = os.environ.get("EVERY_SERVER") == "1"


@dataclass
class Team:
    """A server of several workers with an admin port."""

    server: servers.Server
    admin: int
    told: Path
    threads: int
    asking: list[threading.Thread] = field(default_factory=list)

    def ask(self, path: str) -> Answer:
        """What the admin port answers."""
        return http(f"http://{LOOPBACK}:{self.admin}{path}")

    def drain(self) -> int:
        """Tell the admin port to drain."""
        return http(f"http://{LOOPBACK}:{self.admin}/drainz", method="POST").status

    def ready(self, *, of: int = WORKERS) -> dict[int, int]:
        """What each worker says of its own readiness, of as many; the last word of each."""
        found: dict[int, int] = {}

        def one(_: int) -> dict[str, int]:
            answer = self.server.request("/")
            assert answer.status == 200
            said: dict[str, int] = json.loads(answer.body)
            return said

        def all_asked() -> bool:
            with ThreadPoolExecutor(8) as pool:
                for said in pool.map(one, range(24)):
                    found[said["pid"]] = said["ready"]
            return len(found) >= of

        eventually(all_asked, within=60, wanted=f"{of} workers answer")
        return found

    def readyz(self) -> set[int]:
        """What `/readyz` is on the application's port, asked time and again."""
        with ThreadPoolExecutor(8) as pool:
            return set(pool.map(lambda _: self.server.request("/readyz").status, range(24)))

    @property
    def owner(self) -> int:
        """The process that has the admin port."""
        return eventually(lambda: listener(self.admin), wanted="somebody has the admin port")

    def counted(self, what: str) -> dict[int, int]:
        """How often each process has counted this."""
        return {
            int(file.name.rpartition("-")[2]): file.stat().st_size
            for file in self.told.glob(f"{what}-*")
        }

    def block(self, pid: int) -> None:
        """Block this worker altogether."""
        for number in range(1, self.threads + 1):
            self.until(f"/blocks/{pid}", lambda n=number: self.counted("blocked").get(pid) == n)

    def until(self, path: str, reached: Callable[[], bool]) -> None:
        """Ask for this again and again, without waiting for an answer, until it is reached."""

        def ask() -> None:
            with suppress(OSError):
                self.server.request(path)

        def one_more() -> bool:
            if not reached():
                self.asking.append(threading.Thread(target=ask, daemon=True))
                self.asking[-1].start()
                self.asking[-1].join(0.3)
            return reached()

        eventually(one_more, within=30, wanted=f"{path} is under way")

    def beat(self, pid: int) -> float | None:
        """How many seconds ago this worker told that it serves; None where it has left."""
        leader = family.present(self.server.process.pid)
        folder = family.home() / folder_of("health-workers", leader)
        try:
            return time.time() - (folder / f"{pid}.beat").stat().st_mtime
        except FileNotFoundError:
            return None


def listener(port: int) -> int | None:
    """The process that listens there, as Linux tells; None where none does."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    sockets = {
        f"socket:[{line[9]}]"
        for line in lines
        if line[1].endswith(f":{port:04X}") and line[3] == "0A"
    }
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if os.readlink(link) in sockets:
                return int(link.parts[2])
    return None


Start = Callable[..., Team]


@pytest.fixture(params=SERVERS if EVERY else QUICK)
def start(
    request: pytest.FixtureRequest, keep: Callable[[Process], Process], tmp_path: Path
) -> Start:
    """Start each server in turn; ready when returned."""
    if "gunicorn" in request.param and importlib.util.find_spec("gunicorn") is None:
        pytest.skip("gunicorn is not installed (dependency group `components`)")
    command, threads = SERVERS[request.param]

    def start(heartbeat_timeout: str = "2") -> Team:
        directory = tmp_path / str(len(list(tmp_path.iterdir())))
        directory.mkdir()
        admin = free_port()
        env = {
            "NINEFOLD_ADMIN": f"{LOOPBACK}:{admin}",
            "NINEFOLD_HEARTBEAT_TIMEOUT": heartbeat_timeout,
            "TOLD": str(directory),
        }
        if threads > 1:
            env["NINEFOLD_WORKER_THREADS"] = str(threads)
        server = servers.command(command, log=directory / "server.log", env=env)
        keep(server.process)
        team = Team(server, admin, directory, threads)
        eventually(lambda: team.ask("/readyz").status == 200, within=60, wanted="it is ready")
        return team

    return start


def test_one_drain_reaches_every_worker_of_this_server_alone(start: Start) -> None:
    """At once, on both ports; also one that is started later, and not the next server."""
    team = start()
    # That one has started the others hear within a second.
    before = eventually(lambda: (found := team.ready()) and set(found.values()) == {200} and found)

    assert team.drain() == 200
    assert team.ask("/readyz").status == 503
    assert team.readyz() == {503}
    drained = team.ready()
    assert set(drained.values()) == {503}
    assert set(drained) == set(before)
    assert team.ask("/livez").status == 200

    os.kill(next(iter(drained)), signal.SIGKILL)
    eventually(lambda: set(team.ready()) - set(drained), within=60, wanted="there is a new worker")
    later = team.ready()
    assert set(later.values()) == {503}
    assert team.readyz() == {503}
    eventually(lambda: team.ask("/readyz").status == 503, within=60)
    team.server.process.stop()

    again = start()
    eventually(lambda: set(again.ready().values()) == {200}, wanted="it is ready")
    assert again.readyz() == {200}


def test_it_is_alive_as_long_as_one_worker_serves(start: Start) -> None:
    """One that is blocked is its server's to replace; where all are the service is dead."""
    team = start()
    workers = team.ready()
    owner = team.owner
    [other] = set(workers) - {owner}

    team.block(owner)
    # It finds itself blocked: it beats no more.
    eventually(lambda: (team.beat(owner) or 0) > 3, wanted="the blocked worker beats no more")
    assert team.owner == owner
    assert team.ask("/livez").status == 200
    assert team.ask("/readyz").status == 200

    team.block(other)
    eventually(lambda: team.ask("/livez").status == 503, within=30, wanted="it is dead")
    assert team.ask("/readyz").status == 503
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    # Who is started in their place serves.
    eventually(lambda: team.ask("/livez").status == 200, within=60, wanted="it lives again")


def test_each_worker_checks_and_another_one_answers_when_one_is_killed(start: Start) -> None:
    """Nobody else does: what starts the workers serves nothing, and knows nothing.

    While what all instances share is down, too: the new worker is part of a server that has
    started, and none of it is held back.
    """
    team = start()
    workers = set(team.ready())
    eventually(
        lambda: {pid for pid, number in team.counted("checked").items() if number > 2} == workers,
        wanted="every worker checks",
    )
    owner = team.owner
    assert owner in workers

    (team.told / "down").touch()
    os.kill(owner, signal.SIGKILL)
    heir = eventually(
        lambda: (found := listener(team.admin)) not in (None, owner) and found,
        wanted="another one has the admin port",
    )
    assert heir != team.server.process.pid
    eventually(lambda: team.ask("/readyz").status == 200, wanted="it is ready")
    eventually(lambda: len(set(team.ready()) - workers) == 1, within=60, wanted="it is replaced")
    assert set(team.ready().values()) == {200}
    assert team.server.process.pid not in team.counted("checked")


def test_a_worker_that_ends_by_itself_is_not_the_servers_end(start: Start) -> None:
    """As they do after so many requests: ready until all end, then not while requests finish."""
    team = start("60")
    team.ready()
    owner = team.owner
    team.until(f"/waits/{owner}", lambda: owner in team.counted("waited"))

    os.kill(owner, signal.SIGTERM)
    eventually(lambda: team.beat(owner) is None, wanted="it has left")
    assert team.owner == owner
    assert team.ask("/readyz").status == 200

    os.kill(team.server.process.pid, signal.SIGTERM)
    eventually(lambda: team.ask("/readyz").status == 503, within=30, wanted="it drains")
    assert json.loads(team.ask("/readyz").body)["status"] == "DRAINING"
    assert team.ask("/livez").status == 200
    (team.told / "go").touch()
    eventually(lambda: team.server.process.status is not None, wanted="it ends")
    assert owner in team.counted("went")
