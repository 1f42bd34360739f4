"""Expositions are read, and tables computed, by the definitions of the SLIs."""

from __future__ import annotations

import math

import pytest

from ninefold.demo import _words
from ninefold.demo._exposition import Reading, Series, read
from ninefold.demo._histogram import Histogram
from ninefold.demo._summary import accounts
from ninefold.demo._table import availability, is_valid_for_service, section
from ninefold.registry import HTTP_CLIENT_REQUEST_DURATION, HTTP_SERVER_REQUEST_DURATION
from ninefold.testing import CapturedTelemetry


def series(
    count: int,
    status: int | None = 200,
    error: str | None = None,
    *,
    method: str = "GET",
    route: str | None = "/",
    server: str | None = None,
) -> Series:
    """So many requests of 0.1 to 1 second."""
    durations = Histogram((0.1, 1.0, math.inf), (0.0, float(count), float(count)))
    return Series(method, route, server, status, error, durations)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([series(9), series(1, 503, "503")], 0.9),
        ([series(9), series(1, 404)], 1.0),
        ([series(9), series(5, 429), series(5, 500, "500", method="OPTIONS")], 1.0),
        ([series(9), series(5, 200, "client_disconnected")], 1.0),
        ([series(9), series(1, None, "cancelled")], 0.9),
        ([series(9), series(1, 200, "incomplete_response")], 0.9),
        ([series(9), series(1, None, "timeout")], 0.9),
        ([series(9), series(1, None, "_OTHER")], 0.9),
        ([series(4, 429)], None),
        ([], None),
    ],
)
def test_availability_is_what_the_definition_says(
    events: list[Series], expected: float | None
) -> None:
    """Bad by status or by error; OPTIONS, 429 and clients that left are no events."""
    assert availability(events) == expected


def test_an_unmatched_404_is_no_event_of_the_service() -> None:
    """What matched no route counts for the whole service only where it failed."""
    lost, failed = series(5, 404, route=None), series(1, 500, "500", route=None)
    assert availability([series(1), lost], is_valid_for_service) == 1.0
    assert availability([series(1), lost, failed], is_valid_for_service) == 0.5


def test_rates_are_of_the_time_between_two_scrapes() -> None:
    """A row has the requests that came since the earlier scrape, per second; none without one."""
    before = Reading("shop", "1", (series(10),), ())
    now = Reading("shop", "1", (series(30), series(4, 503, "503")), ())
    table = section(now, before, 2.0)
    assert table.whole.rate == 12.0
    [row] = table.routes
    assert (row.name, row.requests, row.rate) == ("GET /", 34, 12.0)
    assert row.answers == (("200", 30), ("503", 4))
    assert section(now, None, 0.0).whole.rate is None


def test_routes_come_before_what_matched_none() -> None:
    """The row without a route is the last one, and has no availability of its own."""
    now = Reading("shop", "1", (series(1, 404, route=None), series(1, route="/z")), ())
    names = [(row.name, row.availability) for row in section(now, None, 0.0).routes]
    assert names == [("GET /z", 1.0), ("GET (no route)", None)]


@pytest.mark.parametrize("accept", ["", "application/openmetrics-text; version=1.0.0"])
def test_a_service_s_exposition_is_read_as_it_was_recorded(
    accept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both formats give back method, route, status, error, server and every duration."""
    monkeypatch.setenv("NINEFOLD_PROMETHEUS", "true")
    monkeypatch.setenv("NINEFOLD_SERVICE_VERSION", "1.2.3")
    with CapturedTelemetry() as telemetry:
        service = telemetry.service
        served = service.telemetry.histogram(HTTP_SERVER_REQUEST_DURATION)
        asked = service.telemetry.histogram(HTTP_CLIENT_REQUEST_DURATION)
        for seconds in (0.003, 0.2, 99.0):
            served.record(seconds, ("POST", "http", "/buy", 503, "503", "1.1"))
        served.record(0.2, ("GET", "http", None, None, "cancelled", "1.1"))
        asked.record(0.2, ("GET", "127.0.0.1", 5001, 200, None, "1.1"))
        body, content_type = service.expose(accept)
    reading = read(body.decode(), content_type)
    assert (reading.service, reading.version, reading.requests) == ("tests", "1.2.3", 4)
    found = {(each.name, each.status, each.error, each.durations.count) for each in reading.served}
    assert found == {("POST /buy", 503, "503", 3), ("GET (no route)", None, "cancelled", 1)}
    [buy] = [each for each in reading.served if each.route]
    assert buy.durations.bounds[-1] == math.inf
    assert buy.durations.counts[0] == 1
    assert [each.name for each in reading.asked] == ["GET 127.0.0.1:5001"]


def test_an_account_tells_a_difference() -> None:
    """Calls of checkout count as sent to inventory; what is missing is said."""
    latest = {
        "checkout": Reading("checkout", "1", (series(7),), (series(3, route=None, server="i:1"),)),
        "inventory": Reading("inventory", "1", (series(4),), ()),
    }
    first, second = accounts({"checkout": 7, "inventory": 2}, {}, latest)
    assert (first.difference, second.difference) == (0, -1)
    assert str(first).endswith("sent 7, counted by /metrics 7: equal")
    assert str(second).endswith(
        "sent 2 + 3 called by checkout, counted by /metrics 4: DIFFERENT by -1"
    )


def test_a_share_is_never_rounded_up() -> None:
    """One failure in a million is not shown as 100 %."""
    assert _words.share(1 - 1e-6) == "99.99 %"
    assert _words.share(0.0) == "0.00 %"
