"""Forks while four threads record, open spans and drop, and a fifth collects; prints what it saw.

    python -m tests.faults.apps.forks 1000

Every child records a known amount by what was taken before the fork, collects, and tells its sums.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import threading
import time
from collections import Counter
from typing import NoReturn

from opentelemetry import metrics, trace
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

import ninefold as nf
from ninefold.registry import HTTP_SERVER_REQUEST_DURATION, SLI_EVENTS

AT_ONCE = 8
"""Children that run at the same time."""

HANGS = 60
"""Seconds after which a child counts as hung, on a machine however busy."""

RUNS = 3
KEY = ("GET", "http", "/a", 200, None, "1.1")
SERIES = {
    "operation": "ninefold_operation_duration_seconds_count",
    "histogram": "http_server_request_duration_seconds_count",
    "histogram sum": "http_server_request_duration_seconds_sum",
    "counter": "ninefold_sli_events_total",
    "events": "ninefold_events_total",
    "the application's own": "orders_total",
    "dropped": "ninefold_telemetry_dropped_total",
}


class Spans(SpanProcessor):
    """Counts spans, under a lock of its own as processors have one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.ended = 0

    def on_start(self, span: Span, parent_context: object = None) -> None:
        """Not counted."""

    def on_end(self, span: ReadableSpan) -> None:
        """Count it."""
        with self._lock:
            self.ended += 1


spans = Spans()
service = nf.setup("forks", prometheus=True, workers="off", span_processors=[spans])
telemetry = service.telemetry
duration = telemetry.histogram(HTTP_SERVER_REQUEST_DURATION)
held = telemetry.counter(SLI_EVENTS).cell(("held", "good"))
orders = metrics.get_meter("shop").create_counter("orders")
tracer = trace.get_tracer("shop")
operation = service.measure("work")


def record() -> None:
    """One of each; a quarter of a second, so that sums are exact."""
    with operation, tracer.start_as_current_span("work"):
        pass
    duration.record(0.25, KEY)
    held.add(1)
    service.events("pages", good=1, total=1)
    orders.add(1, {"shop": "b"})
    telemetry.faults.invalid_value("x")


def sums() -> dict[str, float]:
    """What a scrape of this process says, by series."""
    found: Counter[str] = Counter()
    for line in service.expose()[0].decode().splitlines():
        name = re.split(r"[{ ]", line, maxsplit=1)[0]
        for told, series in SERIES.items():
            if name == series:
                found[told] += float(line.rpartition(" ")[2])  # type: ignore[assignment]  # a float
    return dict(found)


def wanted(runs: int) -> dict[str, float]:
    """The sums after so many runs of `record`."""
    return {name: runs * 0.25 if name.endswith("sum") else float(runs) for name in SERIES}


def child(told: int) -> NoReturn:
    """Record, collect and tell, then end; killed where that does not come about."""
    signal.alarm(HANGS)
    status = 1
    try:
        own = Spans()
        telemetry.pipeline.add_span_processor(own)
        for _ in range(RUNS):
            record()
        seen = {"sums": sums(), "spans": own.ended}
        os.write(told, json.dumps(seen).encode())
        status = 0
    finally:
        os._exit(status)


def main(forks: int) -> None:
    """Fork so often; print what came of it."""
    # Threads change places often, and so within locks.
    sys.setswitchinterval(0.0001)
    stopping = threading.Event()
    counts = [0, 0, 0, 0]

    def keep_recording(index: int) -> None:
        while not stopping.is_set():
            record()
            counts[index] += 1

    def keep_collecting() -> None:
        while not stopping.is_set():
            service.expose()

    threads = [threading.Thread(target=keep_recording, args=(each,)) for each in range(4)]
    threads.append(threading.Thread(target=keep_collecting))
    for thread in threads:
        thread.start()
    began = time.monotonic()
    statuses: Counter[int] = Counter()
    right = 0
    expected = {"sums": wanted(RUNS), "spans": RUNS}
    wrong: list[object] = []
    for start in range(0, forks, AT_ONCE):
        running: list[tuple[int, int]] = []
        for _ in range(min(AT_ONCE, forks - start)):
            answer, told = os.pipe()
            pid = os.fork()
            if pid == 0:
                child(told)
            os.close(told)
            running.append((pid, answer))
        for pid, answer in running:
            with os.fdopen(answer) as pipe:
                text = pipe.read()
            statuses[os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])] += 1
            seen = json.loads(text) if text else None
            if seen == expected:
                right += 1
            else:
                wrong.append(seen)
    took = time.monotonic() - began
    stopping.set()
    for thread in threads:
        thread.join()
    runs = sum(counts)
    print(  # noqa: T201 - the answer to the test
        json.dumps(
            {
                "hung": statuses[-signal.SIGALRM],
                "failed": forks - statuses[0] - statuses[-signal.SIGALRM],
                "right": right,
                "wrong": wrong[:3],
                "parent": sums() == wanted(runs) and spans.ended == runs,
                "told": [sums(), wanted(runs), spans.ended],
                "runs": runs,
                "seconds": took,
            }
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
