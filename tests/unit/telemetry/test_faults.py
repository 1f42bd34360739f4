"""What is lost is counted exactly and said seldom, and saying it never fails."""

from __future__ import annotations

import logging
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.fed import DURATION_KEY, Fed

from ninefold.telemetry._faults import SHOWN, Faults, quoted


def _lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.name == "ninefold.telemetry"]


def test_a_fault_is_logged_once_a_minute_and_always_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The first at once; those of the minute after it are told as a number by the next line."""
    fed = Fed()
    for second in range(121):
        fed.time = float(second)
        fed.histogram.record(float("nan"), DURATION_KEY)
    lines = _lines(caplog)
    assert [line.split(";")[0] for line in lines] == [
        f"dropped {count} item(s) of metrics: invalid_value (value nan)" for count in (1, 60, 60)
    ]
    assert fed.dropped() == {("metrics", "invalid_value"): 121}


def test_each_signal_and_reason_is_said_on_its_own(caplog: pytest.LogCaptureFixture) -> None:
    """A flood of one fault does not hide the first of another."""
    faults = Faults(lambda: 0.0)
    for _ in range(3):
        faults.dropped("traces", "export_failed", 5, "refused")
        faults.dropped("metrics", "export_failed", 2, "refused")
        faults.internal_error("metrics", ValueError("odd"))
    assert [line.split(";")[0] for line in _lines(caplog)] == [
        "dropped 5 item(s) of traces: export_failed (refused)",
        "dropped 2 item(s) of metrics: export_failed (refused)",
        "dropped 1 item(s) of metrics: internal_error (ValueError: 'odd')",
    ]


class Broken(Exception):
    """An exception, and a value, that cannot be shown."""

    def __str__(self) -> str:
        raise RuntimeError("no")

    __repr__ = __str__


def test_what_cannot_be_shown_is_counted_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    """Neither a value nor an exception that raises when it is written gets past."""
    fed = Fed()
    fed.faults.internal_error("traces", Broken())
    fed.faults.invalid_value(Broken())
    fed.faults.dropped("logs", "queue_full", 3, Broken())
    assert fed.dropped() == {
        ("traces", "internal_error"): 1,
        ("metrics", "invalid_value"): 1,
        ("logs", "queue_full"): 3,
    }
    assert len(_lines(caplog)) == 3


def test_a_value_is_written_only_when_it_is_logged() -> None:
    """Fifty invalid values within a minute cost one `repr`."""
    asked = []

    class Value:
        def __repr__(self) -> str:
            asked.append(1)
            return "value"

    fed = Fed()
    for _ in range(50):
        fed.histogram.record(Value(), DURATION_KEY)  # type: ignore[arg-type]
    assert len(asked) == 1


@given(st.one_of(st.text(), st.binary(), st.lists(st.text()), st.integers(), st.floats()))
def test_a_foreign_value_is_one_short_line(value: Any) -> None:
    """A log line cannot be forged or flooded by what it quotes."""
    text = quoted(value)
    assert len(text) <= SHOWN
    assert text.isascii()
    assert text.isprintable()
    assert len(quoted("x" * 10**7 + "\n")) <= SHOWN
    assert len(quoted(10**5000)) <= SHOWN


def test_a_detail_of_many_lines_is_quoted(caplog: pytest.LogCaptureFixture) -> None:
    """What a peer answered cannot begin a log line of its own."""
    Faults(lambda: 0.0).dropped("logs", "export_failed", 1, "one\nERROR two")
    [line] = _lines(caplog)
    assert "\n" not in line
    assert "'one\\nERROR two'" in line


def test_a_log_handler_that_fails_is_not_the_applications_trouble() -> None:
    """Whatever logging does, the caller goes on."""

    class Failing(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise RuntimeError("no")

    fed, handler, log = Fed(), Failing(), logging.getLogger("ninefold.telemetry")
    log.addHandler(handler)
    try:
        fed.histogram.record(float("nan"), DURATION_KEY)
    finally:
        log.removeHandler(handler)
    assert fed.dropped() == {("metrics", "invalid_value"): 1}


def test_a_log_handler_that_measures_does_not_go_round_in_circles() -> None:
    """A handler that records, and records wrongly, on the thread that is just logging a fault."""
    fed, log = Fed(), logging.getLogger("ninefold.telemetry")

    class Measuring(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            fed.histogram.record(float("nan"), DURATION_KEY)

    handler = Measuring()
    log.addHandler(handler)
    try:
        fed.histogram.record(float("inf"), DURATION_KEY)
    finally:
        log.removeHandler(handler)
    assert fed.dropped() == {("metrics", "invalid_value"): 2}


def test_a_fault_of_counting_is_counted_by_the_next_and_not_for_ever() -> None:
    """Counting that itself meets a fault, as when providers cannot be built, ends at once."""
    faults = Faults(lambda: 0.0)
    counted: dict[tuple[str, str], int] = {}

    def count(items: int, key: tuple[str, str]) -> None:
        counted[key] = counted.get(key, 0) + items
        if len(counted) == 1 and counted[key] == 1:
            faults.internal_error("metrics", RuntimeError("no providers"))

    faults.count_with(count)
    faults.internal_error("metrics", ValueError("first"))
    assert counted == {("metrics", "internal_error"): 1}
    faults.internal_error("metrics", ValueError("second"))
    assert counted == {("metrics", "internal_error"): 3}


def test_what_was_lost_before_there_was_a_counter_is_counted() -> None:
    """Faults of set-up come before the counter that counts them."""
    fed = Fed()
    faults = Faults(lambda: 0.0)
    faults.dropped("logs", "queue_full", 4)
    faults.count_with(fed.lost.add)
    assert fed.dropped() == {("logs", "queue_full"): 4}


def test_threads_count_every_fault() -> None:
    """The count is exact however many threads drop at once."""
    fed = Fed()

    def drop() -> None:
        for _ in range(500):
            fed.faults.dropped("traces", "queue_full", 2)

    threads = [threading.Thread(target=drop) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert fed.dropped() == {("traces", "queue_full"): 4_000}


@pytest.mark.parametrize("as_text", [True, False])
def test_no_line_quotes_a_secret_that_an_exporter_tells_of(
    caplog: pytest.LogCaptureFixture, as_text: bool
) -> None:
    """Known by its key or its place in a URL, though it is none of our own settings'."""
    faults = Faults()
    text = "cannot reach postgresql://me:canary@db/shop?password=canary"
    detail = f"Exporter failed: {text}" if as_text else faults.quoted(ValueError(text))
    with caplog.at_level(logging.WARNING, "ninefold.telemetry"):
        faults.dropped("traces", "export_failed", 1, detail)
    [record] = caplog.records
    assert "canary" not in record.getMessage()
    assert "postgresql://REDACTED@db" in record.getMessage()
