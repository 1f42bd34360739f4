"""`ninefold demo` from outside: what it sent is what was counted, and it ends when told to."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.net import is_listening
from tests.support.otlp_sink import OtlpSink
from tests.support.process import Process
from tests.support.waiting import eventually

ACCOUNT = re.compile(
    r"^(?P<name>checkout|inventory) +sent (?P<sent>[\d,]+)(?: \+ (?P<called>[\d,]+) called by "
    r"checkout)?, counted by /metrics (?P<counted>[\d,]+): "
    # On a busy machine a call may be given up before it is made.
    r"equal(?:, but for (?P<gone>[\d,]+) given up before they came through)?$",
    re.MULTILINE,
)
ADDRESS = re.compile(r"^(?:checkout|inventory) +http://127\.0\.0\.1:(\d+)/metrics$", re.MULTILINE)

Demo = Callable[..., Process]


@pytest.fixture
def demo(keep: Callable[[Process], Process], tmp_path: Path) -> Demo:
    """Start the demo with these arguments."""

    def start(*arguments: str, **env: str) -> Process:
        command = [sys.executable, "-W", "error", "-c", "from ninefold.cli import main; main()"]
        log = tmp_path / "demo.log"
        return keep(Process("demo", [*command, "demo", *arguments], log=log, env=env))

    return start


def ended(process: Process) -> int:
    """The exit status, once it has ended."""
    eventually(lambda: process.status is not None, within=240)
    status = process.status
    assert status is not None
    return status


def accounts(log: str) -> dict[str, tuple[int, int, int]]:
    """By service: sent, called by its fellow, counted or given up before it came through."""
    found = {}
    for match in ACCOUNT.finditer(log):
        sent, called, counted, gone = (
            int((match[name] or "0").replace(",", ""))
            for name in ("sent", "called", "counted", "gone")
        )
        found[match["name"]] = (sent, called, counted + gone)
    return found


def assert_nothing_is_left(process: Process) -> None:
    """No service listens any more where it did, and nobody showed a traceback."""
    ports = ADDRESS.findall(process.log)
    assert len(ports) == 2
    assert [port for port in ports if is_listening(int(port))] == []
    assert "Traceback" not in process.log


def assert_health_is_told(log: str) -> None:
    """Found by calls while the probes pass; ready at every look, as what fails all share."""
    assert "checkout   /readyz 200, /healthz UP\n" in log
    assert re.search(r"checkout: inventory is down \([^)]*passive\): (calls|its breaker)", log)
    assert "checkout: /readyz 200, /healthz DOWN (fail-open)" in log
    told = log.partition("Health, as /readyz and /healthz tell of it:")[2]
    for service in ("checkout", "inventory"):
        assert re.search(rf"{service} +/readyz 200, .*\n +so far /readyz 200 in \d+ looks;", told)
    assert not re.search(r"/readyz.* 503", told)


def test_what_was_sent_is_what_the_services_counted(demo: Demo) -> None:
    """Per service; routes, a trace through both and the addresses are told, and nothing is left."""
    process = demo("--seconds", "4", "--no-faults")
    assert ended(process) == 0
    told = accounts(process.log)
    assert told.keys() == {"checkout", "inventory"}, process.log
    for sent, called, counted in told.values():
        assert sent + called == counted > 0
    assert told["inventory"][1] > 0
    for route in ("GET /cart/{cart_id}", "POST /checkout", "GET /items/<int:item_id>"):
        assert route in process.log
    assert re.search(
        r"through both services, [0-9a-f]{32}:\n  checkout .*\n  checkout .*\n  inventory ",
        process.log,
    )
    assert_nothing_is_left(process)


def test_faults_are_told_by_what_the_policy_did_about_them(demo: Demo) -> None:
    """The breaker opens and closes; calls, and the attempts that inventory counted, add up.

    Health's probes of inventory are no requests that anybody counts: the account says so.
    """
    process = demo("--seconds", "15", "--rate", "60")
    assert ended(process) == 0
    log = process.log
    for line in (
        "inventory begins to fail: it answers 503",
        "the breaker of inventory opened: calls are rejected at once",
        "inventory begins to hang",
    ):
        assert line in log
    attempts = re.search(r"by ([\d,]+) attempts: .*failure", log)
    assert attempts is not None, log
    assert "rejected (open)" in log
    assert "fallback" in log
    told = accounts(log)
    assert told["inventory"][1] == int(attempts[1].replace(",", ""))
    for sent, called, counted in told.values():
        assert sent + called == counted
    assert_health_is_told(log)


@pytest.mark.skipif(
    sys.platform == "win32", reason="by design: Windows cannot send Ctrl-C to one process"
)
def test_ctrl_c_ends_it_in_good_order(demo: Demo) -> None:
    """The account is drawn up all the same, the services are gone, and the exit code is 0."""
    process = demo("--seconds", "600")
    eventually(lambda: "s of 600 s" in process.log, within=240)
    assert process.stop(signal.SIGINT) == 0
    assert accounts(process.log).keys() == {"checkout", "inventory"}, process.log
    assert_nothing_is_left(process)


def test_spans_go_to_the_endpoint_that_is_set_where_both_services_keep_the_same_traces(
    demo: Demo, otlp_sink: OtlpSink
) -> None:
    """Call and answer are in one trace, and each says how likely it was to be kept.

    Each service decides for itself, at a half: what one keeps the other keeps.
    """
    process = demo(
        *("--seconds", "2", "--no-faults"),
        OTEL_EXPORTER_OTLP_ENDPOINT=otlp_sink.http_endpoint,
        NINEFOLD_SAMPLING_DEFAULT="0.5",
        NINEFOLD_SAMPLING_PARENT="ignore",
    )
    assert ended(process) == 0
    assert "as OTEL_EXPORTER_OTLP_ENDPOINT says" in process.log
    spans = otlp_sink.spans()
    kept: dict[str, set[str]] = {"checkout": set(), "inventory": set()}
    for span in spans:
        assert span.trace_state == "ot=th:8"
        assert int(span.trace_id, 16) & (1 << 56) - 1 >= 1 << 55
        kept[span.resource["service.name"]].add(span.trace_id)
    calls = {span.span_id: span for span in spans if span.kind == "client"}
    called = {span.trace_id for span in calls.values()}
    assert called
    assert called <= kept["inventory"]
    # The demo asks inventory itself too, whose traces are inventory's alone.
    answered = [span for span in otlp_sink.spans(kind="server") if span.parent]
    assert {span.trace_id for span in answered} == called
    for span in answered:
        call = calls[span.parent]
        assert call.trace_id == span.trace_id
        assert call.resource["service.name"] == "checkout"
        assert span.resource["service.name"] == "inventory"


def test_a_taken_port_is_said_in_one_line(demo: Demo, otlp_sink: OtlpSink) -> None:
    """The message names the port and the option; the exit code is 1."""
    taken = otlp_sink.http_endpoint.rpartition(":")[2]
    process = demo("--port", taken)
    assert ended(process) == 1
    assert f"port {taken} of 127.0.0.1 is taken; choose another by --port" in process.log
    assert "Traceback" not in process.log


def test_telemetry_switched_off_is_said_in_one_line(demo: Demo) -> None:
    """Where nothing is measured there is nothing to watch: it says so instead of showing zeros."""
    process = demo("--seconds", "4", OTEL_SDK_DISABLED="true")
    assert ended(process) == 1
    assert "unset OTEL_SDK_DISABLED" in process.log
    assert "Traceback" not in process.log
