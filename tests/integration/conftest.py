"""Real parts as fixtures; the log of each process that a failed test started is in its report."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.support import servers
from tests.support.otlp_sink import OtlpSink
from tests.support.postgres import Postgres
from tests.support.process import Process
from tests.support.prometheus import Prometheus
from tests.support.redis import Redis
from tests.support.rotel import Rotel
from tests.support.tcp_proxy import TcpProxy

_STARTED = pytest.StashKey[list[Process]]()
_LONGEST_LOG = 8000


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the processes' logs to the report of a failure."""
    report = yield
    if report.failed:
        for process in item.stash.get(_STARTED, []):
            report.sections.append((f"log of {process.name}", process.log[-_LONGEST_LOG:]))
    return report


@pytest.fixture
def keep(request: pytest.FixtureRequest) -> Iterator[Callable[[Process], Process]]:
    """Stop a process when the test ends, and show its log if the test fails."""
    started = request.node.stash.setdefault(_STARTED, [])
    with ExitStack() as stack:

        def keep(process: Process) -> Process:
            started.append(process)
            return stack.enter_context(process)

        yield keep


@pytest.fixture
def serve_asgi(keep: Callable[[Process], Process], tmp_path: Path) -> servers.Serve:
    """Serve an ASGI application with uvicorn, in a process of its own."""
    return _serving(servers.uvicorn, keep, tmp_path)


@pytest.fixture
def serve_wsgi(keep: Callable[[Process], Process], tmp_path: Path) -> servers.Serve:
    """Serve a Flask application with werkzeug, in a process of its own."""
    return _serving(servers.werkzeug, keep, tmp_path)


@pytest.fixture
def serve_plain_wsgi(keep: Callable[[Process], Process], tmp_path: Path) -> servers.Serve:
    """Serve any WSGI application with werkzeug, in a process of its own."""
    return _serving(servers.plain_wsgi, keep, tmp_path)


@pytest.fixture
def prometheus(keep: Callable[[Process], Process], tmp_path: Path) -> Callable[..., Prometheus]:
    """Start a Prometheus that scrapes `{job: [host:port]}` each second; ready when returned."""

    def start(targets: Mapping[str, Sequence[str]], rules: Sequence[Path] = ()) -> Prometheus:
        server = Prometheus(tmp_path / "prometheus", targets, rules=rules)
        keep(server.process)
        server.wait_until_ready()
        return server

    return start


@pytest.fixture
def otlp_sink() -> Iterator[OtlpSink]:
    """An OTLP receiver of our own, by gRPC and HTTP, that keeps all it gets."""
    with OtlpSink() as sink:
        yield sink


@pytest.fixture
def rotel(keep: Callable[[Process], Process], tmp_path: Path, otlp_sink: OtlpSink) -> Rotel:
    """A real OTLP Collector, which passes on what it gets to `otlp_sink`."""
    collector = Rotel(tmp_path / "rotel", otlp_sink)
    keep(collector.process)
    collector.wait_until_ready()
    return collector


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[Redis]:
    """A real Redis, empty."""
    with Redis(tmp_path / "redis") as server:
        yield server


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A real PostgreSQL, for all tests that leave it running as it was."""
    with Postgres(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture
def tcp_proxy() -> Iterator[Callable[[int], TcpProxy]]:
    """Put a proxy with faults in front of a port."""
    with ExitStack() as stack:
        yield lambda upstream: stack.enter_context(TcpProxy(upstream))


def _serving(
    start: Callable[..., servers.Server], keep: Callable[[Process], Process], directory: Path
) -> servers.Serve:
    def serve(app: str, **env: str) -> servers.Server:
        log = directory / f"{app.replace(':', '-')}-{len(list(directory.glob('*.log')))}.log"
        server = start(app, log=log, env=env)
        keep(server.process)
        return server

    return serve
