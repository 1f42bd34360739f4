"""A SIGTERM loses nothing that was answered, under every server, and its exit status stays.

`nox -s ends` starts all of them; the test command those that give no help at their end.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.support.figures import Figure
from tests.support.net import LOOPBACK
from tests.support.otlp_sink import OtlpSink
from tests.support.process import Process
from tests.support.servers import Server, command
from tests.support.tcp_proxy import Fault, TcpProxy
from tests.support.waiting import eventually

pytestmark = pytest.mark.skipif(
    os.name == "nt", reason="by design: Windows ends a process without asking it"
)

METRIC = "http.server.request.duration"
REQUESTS = 24
ASGI = "tests.integration.apps.ends_asgi"
FLASK = "tests.integration.apps.ends_flask"
LIFESPAN = "tests.integration.apps.fastapi_shop"
Start = Callable[..., Server]


def uvicorn(app: str, *options: str) -> Callable[[int], list[str]]:
    """The command of uvicorn."""
    return lambda port: ["-m", "uvicorn", f"{app}:app", "--port", str(port), *options]


def gunicorn(app: str, *options: str) -> Callable[[int], list[str]]:
    """The command of gunicorn, with two workers."""
    bind = ["--workers", "2", "--bind"]
    return lambda port: ["-m", "gunicorn", *options, *bind, f"{LOOPBACK}:{port}", f"{app}:app"]


SERVERS: dict[str, Callable[[int], list[str]]] = {
    "uvicorn, lifespan": uvicorn(LIFESPAN),
    "uvicorn, an application without lifespan": uvicorn(ASGI),
    "uvicorn --lifespan off": uvicorn(ASGI, "--lifespan", "off"),
    "uvicorn --workers": uvicorn(ASGI, "--lifespan", "off", "--workers", "2"),
    "uvicorn.run": lambda port: ["-m", ASGI, str(port)],
    "flask run": lambda port: ["-m", "flask", "--app", FLASK, "run", "--port", str(port)],
    "gunicorn sync": gunicorn(FLASK),
    "gunicorn sync --preload": gunicorn(FLASK, "--preload"),
    "gunicorn gthread": gunicorn(FLASK, "-k", "gthread", "--threads", "2"),
    "gunicorn gthread --preload": gunicorn(FLASK, "-k", "gthread", "--threads", "2", "--preload"),
    "gunicorn uvicorn": gunicorn(ASGI, "-k", "uvicorn_worker.UvicornWorker"),
    "gunicorn uvicorn --preload": gunicorn(ASGI, "-k", "uvicorn_worker.UvicornWorker", "--preload"),
}


QUICK = ("uvicorn --lifespan off", "flask run")
"""What the test command starts; `nox -s ends` starts them all, which takes minutes."""

EVERY = os.environ.get("EVERY_SERVER") == "1"


@pytest.fixture(params=SERVERS if EVERY else QUICK)
def start(
    request: pytest.FixtureRequest, keep: Callable[[Process], Process], tmp_path: Path
) -> Start:
    """Start each server in turn, with some settings."""
    if "gunicorn" in request.param and importlib.util.find_spec("gunicorn") is None:
        pytest.skip("gunicorn is not installed (dependency group `components`)")

    def start(**env: str) -> Server:
        log = tmp_path / f"{len(list(tmp_path.iterdir()))}.log"
        server = command(SERVERS[request.param], log=log, env=env)
        keep(server.process)
        return server

    return start


def reporting_to(endpoint: str) -> dict[str, str]:
    """Settings under which nothing is exported before the end."""
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_TRACES_SAMPLER": "always_on",
        "OTEL_METRIC_EXPORT_INTERVAL": "600000",
        "OTEL_BSP_SCHEDULE_DELAY": "600000",
    }


def ask(server: Server) -> None:
    """Have every request answered, on several connections."""
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: server.request("/").status, range(REQUESTS)))
    assert answers == [200] * REQUESTS


def test_what_was_answered_is_exported_once_and_the_status_is_the_servers_own(
    start: Start, otlp_sink: OtlpSink, figure: Figure, request: pytest.FixtureRequest
) -> None:
    """Exactly the requests in the metric and as spans, and the status it has without ninefold."""
    bare = start(BARE="1", OTEL_SDK_DISABLED="true")
    ask(bare)
    server = start(**reporting_to(otlp_sink.http_endpoint))
    ask(server)
    assert otlp_sink.received == ()
    status, usual = server.process.stop(), bare.process.stop()
    counted = sum(point.count for point in otlp_sink.latest(METRIC))
    spans = otlp_sink.spans(kind="server")
    different = len({span.span_id for span in spans})
    figure(
        f"SIGTERM under {request.node.callspec.params['start']}, collector alive",
        "0 spans and 0 requests lost or doubled; exit status unchanged",
        f"of {REQUESTS}: {counted:g} counted, {len(spans)} spans, {different} different;"
        f" status {status}, without ninefold {usual}",
    )
    assert status == usual
    assert counted == REQUESTS
    assert different == len(spans) == REQUESTS


@pytest.mark.parametrize("fault", [Fault.REFUSE, Fault.DROP])
def test_a_dead_collector_holds_up_no_server(
    start: Start, otlp_sink: OtlpSink, fault: Fault
) -> None:
    """The server ends by itself with its own status; `bench` measures how soon."""
    bare = start(BARE="1", OTEL_SDK_DISABLED="true")
    with TcpProxy(otlp_sink.http_port) as proxy:
        proxy.fault = fault
        server = start(
            NINEFOLD_SHUTDOWN_TIMEOUT="0.5", **reporting_to(f"http://{LOOPBACK}:{proxy.port}")
        )
        ask(server)
        assert server.process.stop(within=60) == bare.process.stop()


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"] if EVERY else ["fork"])
def test_children_of_multiprocessing_lose_nothing(
    method: str, keep: Callable[[Process], Process], tmp_path: Path, otlp_sink: OtlpSink
) -> None:
    """Returning, terminated or unwilling: all is exported, and their exit codes stay."""
    code = [sys.executable, "-m", "tests.integration.apps.ends_children", method]
    parent = keep(
        Process(
            f"children by {method}",
            [*code, "returns", "stops", "resists", "unused"],
            log=tmp_path / "children.log",
            env={"NINEFOLD_SHUTDOWN_TIMEOUT": "2", **reporting_to(otlp_sink.http_endpoint)},
        )
    )
    eventually(lambda: parent.status is not None, within=60)
    ended = [line for line in parent.log.splitlines() if line[-1:].isdigit()]
    assert ended == ["returns 0", "stops -15", "resists -15", "unused -15"]
    assert sum(point.value for point in otlp_sink.latest("orders")) == 3
    assert len(otlp_sink.spans(name="work")) == 3
