"""A collector that is dead, slow or mad costs the application nothing; what it loses is counted."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path

import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk._logs import LoggingHandler
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from tests.support.figures import Figure
from tests.support.impatient import impatient
from tests.support.net import LOOPBACK, unanswered_port
from tests.support.otlp_sink import Failure, OtlpSink
from tests.support.process import Process
from tests.support.servers import command
from tests.support.tcp_proxy import Fault, TcpProxy
from tests.support.waiting import LATE, eventually

import ninefold as nf

Collector = Callable[[OtlpSink, str, ExitStack], str]
"""Makes a faulty collector out of a sound one, for a protocol; its endpoint."""

ITEMS = 400


def port_of(sink: OtlpSink, protocol: str) -> int:
    """The port of the sound collector."""
    return sink.grpc_port if protocol == "grpc" else sink.http_port


def on_the_wire(fault: Fault, delay: float = 0.0) -> Collector:
    """A fault of the connection."""

    def make(sink: OtlpSink, protocol: str, stack: ExitStack) -> str:
        proxy = stack.enter_context(TcpProxy(port_of(sink, protocol)))
        proxy.fault, proxy.delay = fault, delay
        return f"http://{LOOPBACK}:{proxy.port}"

    return make


def in_its_answer(failure: Failure) -> Collector:
    """A fault of the collector's answer."""

    def make(sink: OtlpSink, protocol: str, stack: ExitStack) -> str:
        stack.enter_context(sink.failing(failure))
        return sink.endpoint(protocol)

    return make


def drops_syn(sink: OtlpSink, protocol: str, stack: ExitStack) -> str:
    """Nobody accepts, and nobody says so."""
    return f"http://{LOOPBACK}:{stack.enter_context(unanswered_port())}"


on_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="by design: only Linux drops the SYN where the backlog is full"
)
DEAD = [
    pytest.param(on_the_wire(Fault.REFUSE), id="refuses"),
    pytest.param(on_the_wire(Fault.HANG), id="hangs"),
    pytest.param(drops_syn, id="drops SYN", marks=on_linux),
]
LOSING = [
    *DEAD,
    pytest.param(on_the_wire(Fault.RESET), id="resets"),
    pytest.param(in_its_answer(Failure.HANG), id="does not answer"),
    pytest.param(in_its_answer(Failure.THROTTLE), id="throttles"),
    pytest.param(in_its_answer(Failure.UNAVAILABLE), id="is unavailable"),
]
PROTOCOLS = ["http/protobuf", "grpc"]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """What the test opened, closed at its end."""
    with ExitStack() as stack:
        yield stack


class Watched:
    """A service with small queues that sends to an endpoint, and what it counts as dropped."""

    def __init__(self, endpoint: str, protocol: str, monkeypatch: pytest.MonkeyPatch) -> None:
        for variable, value in {
            "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
            "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
            "OTEL_LOGS_EXPORTER": "otlp",
            "OTEL_BSP_MAX_QUEUE_SIZE": "64",
            "OTEL_BLRP_MAX_QUEUE_SIZE": "64",
            "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "32",
            "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE": "32",
        }.items():
            monkeypatch.setenv(variable, value)
        self.reader = InMemoryMetricReader()
        self.service = nf.setup("watched", readers=[self.reader])
        self._handler = LoggingHandler()

    def emit(self, items: int = ITEMS) -> None:
        """As many spans and log records, and a metric."""
        logger = logging.getLogger("shop.orders")
        logger.addHandler(self._handler)
        logger.propagate = False
        tracer = trace.get_tracer("app")
        try:
            for _ in range(items):
                tracer.start_span("work").end()
                logger.warning("an order")
        finally:
            logger.removeHandler(self._handler)
            logger.propagate = True
        metrics.get_meter("app").create_counter("orders").add(items)

    def dropped(self) -> Counter[tuple[str, str]]:
        """What is counted, by signal and reason."""
        counted: Counter[tuple[str, str]] = Counter()
        data = self.reader.get_metrics_data()
        for resource in data.resource_metrics if data is not None else ():
            for metric in (metric for scope in resource.scope_metrics for metric in scope.metrics):
                if metric.name == "ninefold.telemetry.dropped":
                    for point in metric.data.data_points:
                        signal, reason = (point.attributes or {}).values()
                        counted[str(signal), str(reason)] += int(point.value)  # type: ignore[union-attr]  # a sum
        return counted

    def lost(self, signal: str) -> int:
        """How many items of a signal are counted as dropped."""
        return sum(count for key, count in self.dropped().items() if key[0] == signal)


@pytest.fixture
def watch(
    monkeypatch: pytest.MonkeyPatch, otlp_sink: OtlpSink, stack: ExitStack
) -> Callable[[Collector, str], Watched]:
    """Set a service up that sends to a faulty collector."""

    def start(collector: Collector, protocol: str) -> Watched:
        endpoint = collector(otlp_sink, protocol, stack)
        watched = Watched(endpoint, protocol, monkeypatch)
        # Before the collector gets well again, at the end of the stack.
        stack.callback(watched.service.shutdown, 0.1)
        return watched

    return start


def complaints(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """What went to the log of the application."""
    return [record for record in caplog.records if record.levelno >= logging.WARNING]


@impatient
@pytest.mark.filterwarnings("ignore:`LoggingHandler`:DeprecationWarning")
@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("collector", LOSING)
def test_what_a_dead_collector_loses_is_counted_and_said_once(
    watch: Callable[[Collector, str], Watched],
    otlp_sink: OtlpSink,
    collector: Collector,
    protocol: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Every item is counted, by signal and reason; no exporter floods the log beside our line."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "200")
    watched = watch(collector, protocol)
    watched.emit()
    watched.service.force_flush(LATE)
    eventually(
        lambda: (watched.lost("traces"), watched.lost("logs")) == (ITEMS, ITEMS), within=LATE
    )
    dropped = watched.dropped()
    assert set(dropped) - {("traces", "queue_full"), ("logs", "queue_full")} == {
        ("traces", "export_failed"),
        ("logs", "export_failed"),
        ("metrics", "export_failed"),
    }
    assert otlp_sink.received == ()
    said = [(record.name, record.args[1:3]) for record in complaints(caplog)]  # type: ignore[index]  # ours have four
    assert sorted(said) == sorted(("ninefold.telemetry", key) for key in dropped)


@pytest.mark.filterwarnings("ignore:`LoggingHandler`:DeprecationWarning")
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_queue_that_overflows_is_counted(
    watch: Callable[[Collector, str], Watched], otlp_sink: OtlpSink, protocol: str
) -> None:
    """A slow collector gets what fits into the queue; the rest is counted, to the last item."""
    watched = watch(on_the_wire(Fault.NONE, delay=0.1), protocol)
    watched.emit()
    assert watched.service.force_flush(LATE)
    for signal, arrived in (("traces", otlp_sink.spans), ("logs", otlp_sink.logs)):
        full = watched.dropped()[signal, "queue_full"]
        assert full > 0
        assert len(arrived()) + full == ITEMS
    # There is room again.
    watched.emit(10)
    assert watched.service.force_flush(LATE)
    assert len(otlp_sink.spans()) + watched.lost("traces") == ITEMS + 10


@pytest.mark.filterwarnings("ignore:`LoggingHandler`:DeprecationWarning")
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_answer_that_cannot_be_read_disturbs_nobody(
    watch: Callable[[Collector, str], Watched], otlp_sink: OtlpSink, protocol: str
) -> None:
    """Over gRPC the export has failed; over HTTP the status 200 alone says that it arrived."""
    watched = watch(in_its_answer(Failure.GARBAGE), protocol)
    watched.emit(10)
    assert watched.service.force_flush(LATE)
    assert otlp_sink.failed >= 3
    assert watched.lost("traces") == (10 if protocol == "grpc" else 0)


class _Trickle(BaseHTTPRequestHandler):
    """Answers with a header that never ends, a byte at a time."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        with suppress(OSError):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
            while not self.server._BaseServer__shutdown_request:  # type: ignore[attr-defined]  # it has no other word for it
                self.wfile.write(b"x")
                time.sleep(0.02)


def trickles(sink: OtlpSink, protocol: str, stack: ExitStack) -> str:
    """Never silent for long enough to be given up."""
    server = ThreadingHTTPServer((LOOPBACK, 0), _Trickle)
    stack.callback(server.server_close)
    stack.callback(server.shutdown)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return f"http://{LOOPBACK}:{server.server_port}"


@pytest.mark.filterwarnings("ignore:`LoggingHandler`:DeprecationWarning")
def test_a_collector_that_trickles_holds_up_its_exporter_alone(
    watch: Callable[[Collector, str], Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over HTTP the timeout is for each wait: queues stay bounded, and the end is in time."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "500")
    watched = watch(trickles, "http/protobuf")
    watched.emit()
    # At most two batches are on their way, and a queue is full.
    assert watched.lost("traces") >= ITEMS - 64 - 2 * 32
    began = time.monotonic()
    watched.service.shutdown(0.5)
    assert time.monotonic() - began < LATE


@pytest.mark.filterwarnings("ignore:`LoggingHandler`:DeprecationWarning")
@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("collector", DEAD)
def test_shutdown_waits_for_no_dead_collector(
    watch: Callable[[Collector, str], Watched],
    collector: Collector,
    protocol: str,
    monkeypatch: pytest.MonkeyPatch,
    figure: Figure,
    request: pytest.FixtureRequest,
) -> None:
    """All signals share one time, however long an export may take by itself."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "60000")
    watched = watch(collector, protocol)
    watched.emit()
    began = time.monotonic()
    watched.service.shutdown(0.5)
    took = time.monotonic() - began
    fault = request.node.callspec.id
    figure(f"shutdown within 0.5 s, collector {fault}", "0.5 s for three signals", f"{took:.2f} s")
    assert took < LATE


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("collector", DEAD)
def test_sigterm_ends_a_server_whose_collector_is_dead(
    collector: Collector,
    protocol: str,
    otlp_sink: OtlpSink,
    stack: ExitStack,
    keep: Callable[[Process], Process],
    tmp_path: Path,
    every_fault: bool,
    figure: Figure,
    request: pytest.FixtureRequest,
) -> None:
    """A server ends by itself, soon after the last response, and says so by its own status."""
    server = command(
        lambda port: [
            *("-m", "uvicorn", "tests.integration.apps.ends_asgi:app", "--port", str(port)),
            *("--lifespan", "off"),
        ],
        log=tmp_path / "uvicorn.log",
        env={
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector(otlp_sink, protocol, stack),
            "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
            "OTEL_BSP_SCHEDULE_DELAY": "600000",
            # The default takes as long as the figure says.
            **({} if every_fault else {"NINEFOLD_SHUTDOWN_TIMEOUT": "0.5"}),
        },
    )
    keep(server.process)
    for _ in range(10):
        assert server.request("/").status == 200
    began = time.monotonic()
    status = server.process.stop(within=60)
    took = time.monotonic() - began
    if every_fault:
        fault = f"SIGTERM, collector {request.node.callspec.id}"
        figure(fault, "exit within 5 s of the last response", f"{took:.1f} s")
    assert status == -15


@pytest.mark.skipif(sys.platform != "linux", reason="by design: /proc tells a process's size")
def test_a_collector_that_hangs_costs_no_memory(every_fault: bool, figure: Figure) -> None:
    """Beside a service whose Collector answers, in turns; `python -m bench.collector` is the same.

    How long requests take is told and not asserted: it is measured by a clock.
    """
    if not Path("bench").is_dir():
        pytest.skip("by design: the source distribution has no bench/")
    collector = import_module("bench.collector")
    found = collector.compare(60, 1000) if every_fault else collector.compare(2, 100)
    longer, larger = collector.told(found)
    seconds, rate = (60, "1,000") if every_fault else (2, "100")
    fault = f"collector hanging, {rate} requests/s for {seconds} s"
    figure(f"{fault}: p99", "at most 1.2 times the healthy run's", longer)
    figure(f"{fault}: RSS", "within 30 MiB of it", larger)
    healthy, hanging = found[collector.HEALTHY], found[collector.HANGING]
    assert hanging.requests == healthy.requests > 0
    assert hanging.rss - healthy.rss <= collector.LARGER_AT_MOST
    assert healthy.dropped == 0
