"""However requests are tallied, each objective has the events that the definitions give it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ninefold as nf
from ninefold.sli.objective import HttpKind, Objectives
from ninefold.sli.objective._engine import Standing, Verdict, http_verdict, standing
from ninefold.telemetry import HistogramCell, Key

ROUTES = ("/a", "/b", "/readyz", None)
LIMITS = (0.1, 0.25, 0.3, 2.0)
TIMES = st.sampled_from((0.0, 0.1, 0.1000001, 0.2, 0.25, 0.29, 0.3, 0.31, 2.0, 60.0))

routes = st.one_of(st.none(), st.sampled_from(("/a", "/b")), st.just(["/a", "/b"]))
thresholds = st.sampled_from(LIMITS)
kinds = st.one_of(
    st.builds(
        lambda r, c: nf.availability(route=r, target=0.9, count_429=c), routes, st.booleans()
    ),
    st.builds(
        lambda r, t, c: nf.latency(route=r, threshold=t, target=0.9, count_429=c),
        routes,
        thresholds,
        st.booleans(),
    ),
    st.builds(lambda r, t: nf.first_byte(route=r, threshold=t, target=0.9), routes, thresholds),
)
keys = st.tuples(
    st.sampled_from(("GET", "HEAD", "OPTIONS", "_OTHER")),
    st.just("http"),
    st.sampled_from(ROUTES),
    st.sampled_from((200, 404, 429, 500, None)),
    st.sampled_from((None, "500", "client_disconnected", "cancelled", "incomplete_response")),
    st.just("1.1"),
)
# How far a body had come: whole (nothing seen of it before its end), or begun, in one part or more.
bodies = st.one_of(st.none(), st.tuples(TIMES, st.booleans()))
requests = st.tuples(keys, TIMES, bodies)


@pytest.fixture(scope="module")
def service() -> Iterator[nf.Service]:
    """Where the counts are asked from; each example has objectives of its own."""
    found = nf.setup("property")
    yield found
    found.shutdown()


@given(
    declared=st.lists(kinds, max_size=6),
    served=st.lists(requests, max_size=40),
    as_series=st.booleans(),
)
def test_tallies_and_single_verdicts_come_to_the_same(
    service: nf.Service,
    declared: list[HttpKind],
    served: list[tuple[Key, float, tuple[float, bool] | None]],
    as_series: bool,
) -> None:
    """Good, bad and streamed of every objective, whichever way a request went into them."""
    objectives = Objectives(service.telemetry)
    cells: dict[Key, HistogramCell] = {}
    http = objectives.http
    http._cells = cells
    for number, kind in enumerate(declared):
        http.add(str(number), kind)
    expected: Counter[tuple[str, str]] = Counter()
    streams: Counter[str] = Counter()
    for key, elapsed, body in served:
        begun, streamed = (None, False) if body is None else body
        cell = cells.get(key)
        if cell is not None and body is None:
            cell.record(elapsed, None, True)
        else:
            if cell is not None:
                cell.record(elapsed)
            http.count(key, elapsed, begun, streamed)
        if as_series and cell is None:
            # As in a server: the first request of a series finds none, and is counted by itself.
            bounds = (0.05, *LIMITS, 10.0)
            cells[key] = HistogramCell({}, bounds, service.telemetry.faults, "always_off")
        for number, kind in enumerate(declared):
            verdict = single_verdict(kind, key, elapsed, begun, streamed)
            if verdict is Verdict.STREAMED:
                streams[str(number)] += 1
            elif verdict is not Verdict.NO_EVENT:
                expected[str(number), verdict.value] += 1
    read = objectives._events.read()
    assert [key for _, key in read] == [
        (str(number), outcome) for number in range(len(declared)) for outcome in ("good", "bad")
    ]
    assert {key: value for value, key in read if value} == dict(expected)
    assert dict(objectives.streamed) == dict(streams)


def single_verdict(
    kind: HttpKind, key: Key, elapsed: float, begun: float | None, streamed: bool
) -> Verdict:
    """What the definitions say of one request, without any plan or tally."""
    method, _, route, status, error_type, _ = key
    assert route is None or isinstance(route, str)
    assert status is None or isinstance(status, int)
    assert error_type is None or isinstance(error_type, str)
    stands = standing(
        kind, options=method == "OPTIONS", route=route, status=status, error_type=error_type
    )
    if stands is Standing.OUT:
        return Verdict.NO_EVENT
    threshold = getattr(kind, "threshold", 0.0)
    return http_verdict(stands, threshold, elapsed=elapsed, begun=begun, streamed=streamed)
