"""Many workers, one scrape: whichever of them is asked answers for all, the dead included."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from tests.support.figures import Figure
from tests.support.net import Answer, free_port, http
from tests.support.process import Process
from tests.support.servers import Server, command
from tests.support.waiting import eventually

pytestmark = pytest.mark.skipif(
    os.name == "nt", reason="by design: on Windows each worker answers for itself"
)

COUNT = "http_server_request_duration_seconds_count"
BUCKET = "http_server_request_duration_seconds_bucket"
EVENTS = "ninefold_sli_events_total"
_SAMPLE = re.compile(r"([a-z_:]+)(?:\{(.*)\})? (\S+)(?: # .*)?")
_LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')

Samples = Mapping[tuple[str, tuple[tuple[str, str], ...]], float]
Start = Callable[..., Server]


@pytest.fixture
def limits(tmp_path: Path) -> Path:
    """Where the thresholds of the next workers stand."""
    path = tmp_path / "limits"
    path.write_text("0.3", encoding="utf-8")
    return path


@pytest.fixture
def start(keep: Callable[[Process], Process], tmp_path: Path, limits: Path) -> Start:
    """Start a server of several workers, each of which finds its thresholds in `limits`."""

    def start(make: Callable[[int], list[str]], **env: str) -> Server:
        log = tmp_path / f"{len(list(tmp_path.glob('*.log')))}.log"
        server = command(make, log=log, env={"LIMITS": str(limits), **env})
        keep(server.process)
        return server

    return start


def uvicorn(port: int) -> list[str]:
    """Four workers of uvicorn."""
    app = "tests.faults.apps.workers_fastapi:app"
    return ["-m", "uvicorn", app, "--port", str(port), "--workers", "4", "--log-level", "warning"]


def gunicorn(*options: str) -> Callable[[int], list[str]]:
    """Four workers of gunicorn."""
    app = "tests.faults.apps.workers_flask:app"
    bind = ["-w", "4", "-b"]
    return lambda port: ["-m", "gunicorn", *options, *bind, f"127.0.0.1:{port}", app]


SERVERS = {
    "uvicorn --workers": uvicorn,
    "gunicorn": gunicorn(),
    "gunicorn --preload": gunicorn("--preload"),
    "gunicorn gthread": gunicorn("-k", "gthread", "--threads", "2"),
}


def get(server: Server, path: str) -> Answer:
    """One request; workers that still load, four at a time, take their time on a busy machine."""
    return http(f"http://{server.target}{path}", timeout=60)


def scrape(server: Server) -> Samples:
    """What whichever worker is asked answers."""
    answer = get(server, "/metrics")
    assert answer.status == 200
    found: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    for line in answer.body.decode().splitlines():
        if not line.startswith("#"):
            match = _SAMPLE.fullmatch(line)
            assert match, line
            key = match[1], tuple(sorted(_LABEL.findall(match[2] or "")))
            assert key not in found, line
            found[key] = float(match[3])
    return found


def total(samples: Samples, name: str, **labels: str) -> float:
    """The sum over the series of a name with these labels."""
    wanted = set(labels.items())
    return sum(
        value for (found, own), value in samples.items() if found == name and wanted <= set(own)
    )


def ask(server: Server, number: int) -> set[int]:
    """Have that many requests answered; the workers that did."""

    def one(_: int) -> int:
        answer = get(server, "/")
        assert answer.status == 200
        return int(json.loads(answer.body)["pid"])

    with ThreadPoolExecutor(8) as pool:
        return set(pool.map(one, range(number)))


def asked_of_several(server: Server) -> tuple[int, set[int]]:
    """Ask until more than one worker has answered: how often, and who they are."""
    number, pids = 0, set[int]()
    while len(pids) < 2:
        assert number < 2_000, "one worker takes everything"
        pids |= ask(server, 40)
        number += 40
    return number, pids


@pytest.mark.parametrize("name", SERVERS)
def test_any_worker_answers_for_all(name: str, start: Start, figure: Figure) -> None:
    """Each of twenty scrapes has every request that was answered, whoever answered it."""
    server = start(SERVERS[name])
    number, pids = asked_of_several(server)
    totals = {total(scrape(server), COUNT, http_route="/") for _ in range(20)}
    figure(
        f"4 workers of {name}, pull",
        "every scrape's total equals requests answered",
        f"{number} answered by {len(pids)} workers; of 20 scrapes {totals}",
    )
    assert totals == {number}


def test_what_only_a_worker_itself_can_tell_is_there_for_all(start: Start) -> None:
    """Objectives, the application's own counter and gauge, and a gauge that says `max`."""
    server = start(uvicorn)
    number, pids = asked_of_several(server)

    def told() -> bool:
        found = scrape(server)
        assert total(found, EVENTS, ninefold_slo_name="available") == number
        assert total(found, "orders_total") == number
        moods = {value for (name, _), value in found.items() if name == "mood"}
        assert moods == pids
        # Of four utilizations the greatest; a worker that was never asked has told none.
        assert total(found, "ninefold_saturation_utilization_ratio") * 2**22 >= max(pids)
        assert total(found, "http_server_active_requests") <= 1
        return True

    eventually(told)
    [info] = [dict(labels) for name, labels in scrape(server) if name == "target_info"]
    assert info["service_name"] == "workers"
    assert "service_instance_id" not in info


def test_what_a_killed_worker_counted_stays(start: Start, figure: Figure) -> None:
    """SIGKILL leaves no time for anything: what was counted is there all the same."""
    server = start(uvicorn)
    number, pids = asked_of_several(server)
    wanted = {"ninefold_slo_name": "available"}
    eventually(lambda: total(scrape(server), EVENTS, **wanted) == number)
    victim = min(pids)
    os.kill(victim, signal.SIGKILL)
    eventually(lambda: not Path(f"/proc/{victim}").exists() or not _runs(victim))
    before = {total(scrape(server), COUNT, http_route="/") for _ in range(10)}
    more = len(range(40))
    ask(server, more)
    after = {total(scrape(server), COUNT, http_route="/") for _ in range(10)}
    figure(
        "4 workers, one killed with SIGKILL when quiet",
        "the scrape's total equals requests answered",
        f"{number} answered, then {more} more: {before}, then {after}",
    )
    assert before == {number}
    assert after == {number + more}
    eventually(lambda: total(scrape(server), EVENTS, **wanted) == number + more)
    found = scrape(server)
    moods = {value for (name, _), value in found.items() if name == "mood"}
    assert victim not in moods


def test_a_worker_that_is_killed_under_load_loses_nothing_answered(
    start: Start, figure: Figure
) -> None:
    """Answered <= total <= started, and no series goes back."""
    server = start(uvicorn)
    _, pids = asked_of_several(server)
    base = total(scrape(server), COUNT, http_route="/")
    started, answered = [0] * 8, [0] * 8
    stop = Event()

    def client(place: int) -> None:
        while not stop.is_set():
            started[place] += 1
            try:
                if server.request("/").status == 200:
                    answered[place] += 1
            except OSError:
                continue

    with ThreadPoolExecutor(8) as pool:
        clients = [pool.submit(client, place) for place in range(8)]
        try:
            eventually(lambda: sum(answered) > 100)
            os.kill(min(pids), signal.SIGKILL)
            mark = sum(answered)
            eventually(lambda: sum(answered) > mark + 100)
        finally:
            stop.set()
        for each in clients:
            each.result()
    seen = total(scrape(server), COUNT, http_route="/") - base
    figure(
        "4 workers, one killed with SIGKILL under load",
        "answered <= total <= started",
        f"{sum(answered)} <= {seen:g} <= {sum(started)}",
    )
    assert sum(answered) <= seen <= sum(started)


def test_a_rolling_reload_with_other_boundaries_takes_nothing_back(
    start: Start, limits: Path, figure: Figure
) -> None:
    """Workers of before and after side by side: no bucket is wrong, no series falls."""
    server = start(gunicorn("--graceful-timeout", "5"))
    number, old = asked_of_several(server)
    last = scrape(server)
    assert any(("le", "0.3") in labels for _, labels in last)
    limits.write_text("0.7", encoding="utf-8")
    os.kill(server.process.pid, signal.SIGHUP)
    scrapes, fell = 0, list[str]()
    pids: set[int] = set()
    while not pids - old or scrapes < 20:
        pids |= ask(server, 10)
        number += 10
        found = scrape(server)
        fell += [
            f"{key}: {before:g}, then {found[key]:g}"
            for key, before in last.items()
            if key in found and key[0].endswith(("_total", "_seconds_count", "_bucket", "_sum"))
            if found[key] < before
        ]
        last, scrapes = found, scrapes + 1
        assert scrapes < 500, "the reload does not come to an end"

    def all_new() -> bool:
        return not ask(server, 40) & old

    eventually(all_new, within=30)
    found = scrape(server)
    count = total(found, COUNT, http_route="/")
    wrong = [
        (labels, value)
        for (name, labels), value in found.items()
        if name == BUCKET and ("http_route", "/") in labels
        # Every request took less than the greatest of the standard boundaries.
        if dict(labels)["le"] in ("10.0", "+Inf") and value != count
    ]
    figure(
        "rolling reload of workers with other boundaries",
        "no wrong bucket, no series that goes back",
        f"{len(wrong)} wrong buckets, {len(fell)} went back in {scrapes} scrapes",
    )
    assert not fell
    assert not wrong


def test_the_admin_port_answers_for_all(start: Start) -> None:
    """Whichever worker has it; exemplars of that one are shown."""
    port = free_port()
    server = start(uvicorn, NINEFOLD_ADMIN=f"127.0.0.1:{port}", NINEFOLD_PROMETHEUS="false")
    number, pids = asked_of_several(server)
    admin = Server(server.process, port)
    assert total(scrape(admin), COUNT, http_route="/") == number
    os.kill(min(pids), signal.SIGKILL)
    eventually(lambda: total(scrape(admin), COUNT, http_route="/") == number)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="by design: this platform does not fork")
def test_a_parent_answers_for_its_forked_children(figure: Figure) -> None:
    """For those that ended and those that were killed, the moment that they had counted."""
    children = 60
    command = [sys.executable, "-W", "ignore::DeprecationWarning"]
    command += ["-m", "tests.faults.apps.workers_forks", str(children)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    shown, counted = done.stdout.split()
    figure(
        f"{children} children forked beside a thread that counts, killed once they had counted",
        "the parent's scrape has all of it, and never less than before",
        f"{counted} counted, {shown} in the last scrape",
    )
    assert shown == counted


def test_it_can_be_switched_off(start: Start) -> None:
    """Then each worker answers for itself, and nothing is written anywhere."""
    server = start(uvicorn, NINEFOLD_WORKERS="off")
    number, _ = asked_of_several(server)
    totals = [total(scrape(server), COUNT, http_route="/") for _ in range(20)]
    assert min(totals) < number


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
