"""Log records and structlog events carry the ids of the trace they were written in."""

from __future__ import annotations

import io
import json
import logging
import logging.handlers
import queue
from collections.abc import Iterator

import pytest
import structlog
from opentelemetry import context, trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, Sampler
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from ninefold import setup
from ninefold.integrations.structlog import add_trace_context
from ninefold.telemetry import Faults
from ninefold.telemetry._log_ids import current_ids, install_log_ids, remove_log_ids

TRACE = 0x0AF7651916CD43DD8448EB211C80319C
SPAN = 0x00F067AA0BA902B7


@pytest.fixture(autouse=True)
def not_installed() -> Iterator[None]:
    """Each test begins without the ids, whether or not a service was set up in this process."""
    before = logging.Logger.makeRecord
    remove_log_ids()
    yield
    logging.Logger.makeRecord = before  # type: ignore[method-assign]


@pytest.fixture
def output() -> Iterator[io.StringIO]:
    """What the logger `shop`, which shows the ids, has written; ids are installed meanwhile."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(trace_id)s|%(span_id)s|%(trace_flags)s|%(message)s"))
    logger = logging.getLogger("shop")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    install_log_ids(Faults())
    yield stream
    remove_log_ids()
    logger.removeHandler(handler)
    logger.propagate = True


@pytest.fixture
def dropped_trace() -> Iterator[SpanContext]:
    """A trace that is not kept, as the server middleware leaves it in the context."""
    span = SpanContext(TRACE, SPAN, is_remote=False, trace_flags=TraceFlags(0))
    token = context.attach(trace.set_span_in_context(NonRecordingSpan(span)))
    yield span
    context.detach(token)


def test_a_dropped_trace_has_its_ids_on_every_record(
    output: io.StringIO, dropped_trace: SpanContext
) -> None:
    """Log lines of one request belong together whether or not its trace is kept."""
    logging.getLogger("shop").info("paid")

    assert output.getvalue() == f"{TRACE:032x}|{SPAN:016x}|00|paid\n"


@pytest.mark.parametrize(("sampler", "flags"), [(ALWAYS_ON, "01"), (ALWAYS_OFF, "00")])
def test_the_span_in_progress_gives_the_ids(
    output: io.StringIO, sampler: Sampler, flags: str
) -> None:
    """The ids are those of the innermost span, and the flags say whether it is sampled."""
    tracer = TracerProvider(sampler=sampler, shutdown_on_exit=False).get_tracer("test")
    with tracer.start_as_current_span("outer"), tracer.start_as_current_span("inner") as span:
        logging.getLogger("shop").info("paid")

    ids = span.get_span_context()
    traced, spanned, flagged, _ = output.getvalue().split("|")
    assert traced == trace.format_trace_id(ids.trace_id)
    assert spanned == trace.format_span_id(ids.span_id)
    # The SDK may set the flag for random ids, 02, as well.
    assert int(flagged, 16) & 1 == int(flags)


def test_outside_a_trace_the_fields_are_empty(output: io.StringIO) -> None:
    """A format string that names the fields works without a trace, and finds no made-up ids."""
    logging.getLogger("shop").info("started")

    assert output.getvalue() == "|||started\n"


def test_extra_with_the_same_names_is_not_refused(
    output: io.StringIO, dropped_trace: SpanContext
) -> None:
    """An application that passes its own trace_id keeps it; a record factory's would raise."""
    logging.getLogger("shop").info("paid", extra={"trace_id": "mine"})

    assert output.getvalue() == f"mine|{SPAN:016x}|00|paid\n"


def test_a_record_factory_goes_on_working(
    output: io.StringIO, dropped_trace: SpanContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A factory that is set later makes the records; the ids are added to what it made."""

    class Marked(logging.LogRecord):
        def getMessage(self) -> str:
            return "marked " + super().getMessage()

    previous = logging.getLogRecordFactory()
    logging.setLogRecordFactory(Marked)
    try:
        logging.getLogger("shop").info("paid")
    finally:
        logging.setLogRecordFactory(previous)

    assert output.getvalue() == f"{TRACE:032x}|{SPAN:016x}|00|marked paid\n"


def test_a_record_keeps_its_ids_on_the_way_to_another_thread(dropped_trace: SpanContext) -> None:
    """Ids are taken where the line is written, not where a queue's listener formats it."""
    records: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    logger = logging.getLogger("tests.queued")
    handler = logging.handlers.QueueHandler(records)
    logger.addHandler(handler)
    install_log_ids(Faults())
    try:
        logger.warning("paid")
    finally:
        remove_log_ids()
        logger.removeHandler(handler)

    assert records.get().__dict__["trace_id"] == f"{TRACE:032x}"


def test_installing_twice_and_removing_leaves_logging_as_it_was() -> None:
    """A second installation changes nothing; one removal undoes it, a second does no harm."""
    before = logging.Logger.makeRecord
    install_log_ids(Faults())
    once = logging.Logger.makeRecord
    install_log_ids(Faults())

    assert logging.Logger.makeRecord is once
    remove_log_ids()
    assert logging.Logger.makeRecord is before
    remove_log_ids()
    assert logging.Logger.makeRecord is before


def test_a_broken_context_costs_the_ids_and_not_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong here is counted; the application's record goes out."""

    class Broken(NonRecordingSpan):
        def get_span_context(self) -> SpanContext:
            raise RuntimeError("no context")

    counted: list[tuple[int, tuple[str, str]]] = []
    faults = Faults()
    faults.count_with(lambda items, key: counted.append((items, key)))
    broken = Broken(SpanContext(TRACE, SPAN, is_remote=False))
    stream = io.StringIO()
    logger = logging.getLogger("tests.broken")
    handler = logging.StreamHandler(stream)
    logger.addHandler(handler)
    telemetry = logging.getLogger("ninefold.telemetry")
    monkeypatch.setattr(telemetry, "disabled", True)
    install_log_ids(faults)
    token = context.attach(trace.set_span_in_context(broken))
    try:
        logger.warning("paid")
    finally:
        context.detach(token)
        remove_log_ids()
        logger.removeHandler(handler)

    assert stream.getvalue() == "paid\n"
    assert counted == [(1, ("logs", "internal_error"))]


def test_a_service_that_is_set_up_puts_ids_on_records(
    dropped_trace: SpanContext, caplog: pytest.LogCaptureFixture
) -> None:
    """`setup()` is all it takes, and a format string goes on working after `shutdown()`."""
    service = setup("shop")
    logging.getLogger("shop").warning("paid")
    service.shutdown()
    logging.getLogger("shop").warning("closed")

    ids = [record.__dict__["trace_id"] for record in caplog.records]
    assert ids == [f"{TRACE:032x}"] * 2


def test_a_format_that_names_the_ids_works_while_telemetry_is_disabled(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Who pulls `OTEL_SDK_DISABLED` in an emergency does not lose the service's log."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    service = setup("shop")
    logging.getLogger("shop").warning("paid")
    service.shutdown()

    (record,) = caplog.records
    assert logging.Formatter("[%(trace_id)s] %(message)s").format(record) == "[] paid"


def test_structlog_events_carry_the_ids(dropped_trace: SpanContext) -> None:
    """The processor adds the three fields, and leaves alone what the event says already."""
    stream = io.StringIO()
    log = structlog.wrap_logger(
        structlog.PrintLogger(stream),
        processors=[add_trace_context, structlog.processors.JSONRenderer()],
    )
    log.info("paid")
    log.info("paid", trace_id="mine")

    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert first == {
        "event": "paid",
        "trace_id": f"{TRACE:032x}",
        "span_id": f"{SPAN:016x}",
        "trace_flags": "00",
    }
    assert second["trace_id"] == "mine"


def test_structlog_events_outside_a_trace_stay_as_they_are() -> None:
    """No trace, no fields: an event has no need of empty ones."""
    assert add_trace_context(None, "info", {"event": "started"}) == {"event": "started"}
    assert current_ids() == ("", "", "")
