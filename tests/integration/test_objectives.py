"""Objectives over real servers: what is counted equals what the application saw by itself.

The log is kept outside of our middleware and judged here, by the words of the definitions and not
by our engine; the counts are read from a real Prometheus.
"""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.integration.apps.objectives import ROUTES, T
from tests.support.event_log import Logged, read
from tests.support.net import LOOPBACK
from tests.support.prometheus import Prometheus
from tests.support.servers import Serve, Server
from tests.support.waiting import eventually

Counts = Counter[tuple[str, str]]
EVENTS = "ninefold_sli_events_total"
SECONDS = "http_server_request_duration_seconds"


def judged(events: list[Logged], framework: str) -> Counts:
    """Good and bad of every objective of the shops, from the log alone."""
    found: Counts = Counter()
    for event in events:
        route = event.path if event.path in (*ROUTES, "/until-gone") else None
        if framework == "flask" and event.status == 405:
            # Flask matches method and path at once: no route was found.
            route = None
        verdicts = verdicts_of(event, matched=route is not None)
        for kind, verdict in verdicts.items():
            if verdict is None:
                continue
            outcome = "good" if verdict else "bad"
            if route is not None:
                found[f"{route.strip('/')}-{kind}", outcome] += 1
            if kind != "first-byte":
                found[f"all-{kind}", outcome] += 1
            if kind == "availability" and route in ("/ok", "/flaky"):
                found["pair-availability", outcome] += 1
    return found


def verdicts_of(event: Logged, *, matched: bool) -> dict[str, bool | None]:
    """True is good, False bad, None no event."""
    nothing: dict[str, bool | None] = dict.fromkeys(("availability", "latency", "first-byte"))
    if event.method == "OPTIONS" or event.status == 429 or event.agent.startswith("kube-probe"):
        return nothing
    failed = event.raised or (event.status or 0) >= 500
    left = event.gone and not failed
    if not matched and not failed and not left:
        return nothing
    streamed = event.parts > 1 if event.complete else event.parts > 0
    slow = event.elapsed > T
    if left:
        late_only = None if streamed or not slow else False
        begun = None if event.status is None or event.begun is None else event.begun <= T
        return {"availability": None, "latency": late_only, "first-byte": begun}
    started = event.status is not None and event.status < 500
    at = event.elapsed if event.begun is None else event.begun
    return {
        "availability": not failed,
        "latency": None if failed or streamed else not slow,
        "first-byte": at <= T if started else None,
    }


def leave(server: Server, path: str, *, after: float, read_first: bool = False) -> None:
    """Ask, and close the connection after some seconds without having read the answer."""
    with closing(socket.create_connection((LOOPBACK, server.port), timeout=60)) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: shop\r\n\r\n".encode())
        if read_first:
            line.recv(100)
        else:
            # Not a pause: the server has nothing to say until the client is gone.
            line.settimeout(after)
            with pytest.raises(TimeoutError):
                line.recv(1)


def traffic(server: Server, *, gone: bool) -> int:
    """Send what the definitions tell apart, several at once; how many requests that were."""
    asked: list[Callable[[], Any]] = []

    def ask(path: str, times: int, method: str = "GET", agent: str = "shopper/1") -> None:
        for _ in range(times):
            asked.append(lambda: server.request(path, method=method, **{"User-Agent": agent}))

    ask("/ok", 12)
    ask("/ok", 2, "HEAD")
    ask("/ok", 3, "OPTIONS")
    ask("/ok", 4, agent="kube-probe/1.31")
    ask("/broken", 1, agent="kube-probe/1.31")
    ask("/broken", 5)
    ask("/slow", 3)
    ask("/busy", 4)
    ask("/feed", 2)
    ask("/nowhere", 3)
    ask("/ok", 2, "DELETE")
    for _ in range(3):
        asked.append(lambda: cut_short(server))
        asked.append(lambda: leave(server, "/feed", after=0, read_first=True))
    if gone:
        asked += [lambda: leave(server, "/until-gone", after=0.2)] * 3
        asked += [lambda: leave(server, "/until-gone", after=T + 0.5)] * 2
    retried = [0]

    def retry() -> None:
        """Ask again until it works, as a client with retries does."""
        while True:
            retried[0] += 1
            if server.request("/flaky").status == 200:
                return

    with ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(each) for each in asked]:
            future.result()
    for _ in range(3):
        retry()
    return len(asked) + retried[0]


def cut_short(server: Server) -> None:
    """Ask for a response that breaks off; that is what it does."""
    with pytest.raises(OSError):
        server.request("/cut")


def counts(server: Prometheus) -> Counts:
    """Every series by objective and outcome, zeros included, as of the last scrape."""
    found: Counts = Counter()
    for sample in server.query(EVENTS):
        key = sample.labels["ninefold_slo_name"], sample.labels["ninefold_outcome"]
        found[key] += int(sample.value)
    return found


def histories(server: Prometheus, selector: str) -> Iterator[tuple[dict[str, str], list[float]]]:
    """Every series that a selector finds, with its samples of the last ten minutes."""
    data = server.api("query", query=f"{selector}[10m]")
    for series in data["result"]:
        yield series["metric"], [float(value) for _, value in series["values"]]


@pytest.fixture(params=["fastapi", "flask"])
def framework(request: pytest.FixtureRequest) -> str:
    """Each framework in turn."""
    name: str = request.param
    return name


def test_the_counts_equal_the_applications_own_log(
    framework: str,
    serve_asgi: Serve,
    serve_plain_wsgi: Serve,
    prometheus: Callable[..., Prometheus],
    tmp_path: Path,
) -> None:
    """Exactly: last minus first sample, and within a scrape's extrapolation by `increase`.

    The histogram, asked by rule, says the same.
    """
    log = tmp_path / "events.jsonl"
    serve = {"fastapi": serve_asgi, "flask": serve_plain_wsgi}[framework]
    shop = serve(f"tests.integration.apps.objectives_{framework}:app", EVENT_LOG=str(log))
    server = prometheus({"shop": [shop.target]})
    zeros = server.wait_for(EVENTS)
    assert zeros, "both series are there before the first event"
    assert all(sample.value == 0 for sample in zeros)

    sent = traffic(shop, gone=framework == "fastapi")
    eventually(lambda: len(read(log)) == sent, wanted=f"{sent} lines in the log")
    expected = judged(read(log), framework)
    assert {outcome for _, outcome in expected} == {"good", "bad"}

    def differing() -> Counts:
        """What is counted otherwise than it was logged; asked again as scrapes come."""
        found = counts(server)
        return Counter({key: found[key] - expected[key] for key in {*found, *expected}})

    eventually(lambda: not any(differing().values()), wanted=f"{expected}")

    samples = 0
    for labels, values in histories(server, EVENTS):
        key = labels["ninefold_slo_name"], labels["ninefold_outcome"]
        assert values[-1] - values[0] == expected[key]
        samples = len(values)
    assert len(server.query(EVENTS)) == 2 * (len(zeros) // 2)
    # `increase` extends what it saw to the window, by a scrape's interval at either end at most.
    widest = 1 + 2.2 / (samples - 1)
    for sample in server.query(f"increase({EVENTS}[10m])"):
        key = sample.labels["ninefold_slo_name"], sample.labels["ninefold_outcome"]
        assert expected[key] <= sample.value + 1e-9 <= expected[key] * widest + 1e-6, key

    assert_the_histogram_agrees(server, expected)


def assert_the_histogram_agrees(server: Prometheus, expected: Counts) -> None:
    """Ask the standard histogram as a rule does, where nothing was excluded that it cannot tell.

    Probes came to /ok and /broken, and streams to /feed: there the source knows more.
    """
    valid = 'http_request_method!="OPTIONS",http_response_status_code!="429"'
    for route in ("/slow", "/busy", "/cut", "/flaky", "/until-gone"):
        name = route.strip("/")
        where = f'http_route="{route}",{valid}'
        failed = f'{where},error_type!="",error_type!="client_disconnected"'
        fine, left = f'{where},error_type=""', f'{where},error_type="client_disconnected"'
        asked = {
            (f"{name}-availability", "good"): f"{SECONDS}_count{{{fine}}}",
            (f"{name}-availability", "bad"): f"{SECONDS}_count{{{failed}}}",
            (f"{name}-latency", "good"): f'{SECONDS}_bucket{{{fine},le="{T}"}}',
            (f"{name}-latency", "bad"): (
                f"(sum({SECONDS}_count{{{fine}}}) or vector(0))"
                f' - (sum({SECONDS}_bucket{{{fine},le="{T}"}}) or vector(0))'
                f" + (sum({SECONDS}_count{{{left}}}) or vector(0))"
                f' - (sum({SECONDS}_bucket{{{left},le="{T}"}}) or vector(0))'
            ),
        }
        for key, query in asked.items():
            [sample] = server.query(f"sum({query}) or vector(0)")
            assert sample.value == expected[key], (key, query)


def test_ten_processes_that_each_see_their_first_error_count_ten(
    serve_asgi: Serve, prometheus: Callable[..., Prometheus]
) -> None:
    """A series that is born with its first error adds nothing to a rate: these are born at zero."""
    with ThreadPoolExecutor(4) as pool:
        started = [
            pool.submit(serve_asgi, "tests.integration.apps.first_error:app") for _ in range(10)
        ]
        shops = [each.result() for each in started]
    server = prometheus({"many": [shop.target for shop in shops]})
    server.wait_for(EVENTS, lambda found: len(found) == 20)
    for shop in shops:
        assert shop.request("/answer/500").status == 500
        assert shop.request("/answer/200").status == 200
    server.wait_for(f"sum({EVENTS})", lambda found: bool(found) and found[0].value == 20)
    for outcome in ("good", "bad"):
        selector = f'{EVENTS}{{ninefold_outcome="{outcome}"}}'
        seen = [values for _, values in histories(server, selector)]
        assert [values[-1] - values[0] for values in seen] == [1.0] * 10
        shortest = min(len(values) for values in seen)
        [sample] = server.query(f"sum(increase({selector}[10m]))")
        assert 10 <= sample.value + 1e-9 <= 10 * (1 + 2.2 / (shortest - 1))
