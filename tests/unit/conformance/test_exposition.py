"""What is read of an exposition: families, their parts' places, and lines that cannot be read."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.metrics import MeterProvider
from tests.support.net import LOOPBACK, free_port

from ninefold.conformance._engine import run
from ninefold.conformance._facts import Declaration, Facts, Position, Text
from ninefold.conformance._options import Options
from ninefold.conformance.exposition import fetch, read, read_file
from ninefold.conformance.registry import conventions
from ninefold.conformance.rules import shipped
from ninefold.telemetry._prometheus import PrometheusReader, encoded

PATIENCE = 60.0
"""Seconds for an answer that is sure to come, however busy the machine is."""

TEXT = b"""\
# HELP shop_orders_total Orders \\\\ placed.\\nAll.
# TYPE shop_orders_total counter
shop_orders_total{kind="new",region="eu"} 3 1700000000000
shop_orders_total{kind="used",region="eu"} 4

# a comment
# TYPE shop_seconds histogram
shop_seconds_bucket{le="0.5",route="/a"} 1
shop_seconds_bucket{le="+Inf",route="/a"} 2
shop_seconds_bucket{le="0.7",route="/b"} 2
shop_seconds_sum{route="/a"} 1.5
shop_seconds_count{route="/a"} 2
  {"shop.carts", "cart.kind"="\\"x\\""} 7
shop_seconds_count_x 1
"""

OPENMETRICS = b"""\
# HELP shop_orders Orders \\"placed\\".
# TYPE shop_orders counter
shop_orders_total{kind="new"} 3 1700000000.5 # {trace_id="abc"} 1 1700000000.1
shop_orders_created{kind="new"} 1700000000
# TYPE shop_size_bytes gauge
# UNIT shop_size_bytes bytes
shop_size_bytes 5
# TYPE build info
build_info{version="1"} 1
# EOF
"""


def _places(text: Text | None) -> tuple[str | None, int, int, int] | None:
    if text is None:
        return None
    at = text.position
    return text.value, at.line, at.column, at.end_column


def _unread(facts: Facts) -> list[tuple[int, int, int, str]]:
    return [
        (one.position.line, one.position.column, one.position.end_column, one.why)
        for one in facts.unread
    ]


def _by_name(facts: Facts) -> dict[str | None, Declaration]:
    return {one.name.value: one for one in facts.declarations}


def test_text_with_places() -> None:
    """Names, help and labels have the places where they stand; a family stands at its TYPE."""
    facts = read(TEXT, "m.prom")
    assert facts.unread == ()
    assert [(one.name.value, one.kind) for one in facts.declarations] == [
        ("shop_orders_total", "counter"),
        ("shop_seconds", "histogram"),
        ("shop.carts", "unknown"),
        ("shop_seconds_count_x", "unknown"),
    ]
    orders, seconds, carts, _ = facts.declarations
    assert _places(orders.name) == ("shop_orders_total", 2, 8, 25)
    assert _places(orders.description) == ("Orders \\ placed.\nAll.", 1, 26, 49)
    assert orders.labels is not None
    assert [_places(one) for one in orders.labels.names or ()] == [
        ("kind", 3, 19, 23),
        ("region", 3, 30, 36),
    ]
    assert (orders.api, orders.profile) == ("exposition", "prometheus")
    assert seconds.description is None
    assert seconds.buckets is not None
    assert seconds.buckets.bounds == (0.5,)
    assert seconds.buckets.position == Position("m.prom", 8, 24, 8, 29)
    assert seconds.labels is not None
    assert [one.value for one in seconds.labels.names or ()] == ["route"]
    assert _places(carts.name) == ("shop.carts", 13, 4, 16)


def test_each_value_of_a_label_once() -> None:
    """Label values are facts too, each once, so that rules can judge them."""
    uses = [use for use in read(TEXT, "m.prom").uses if use.declaration.kind == "counter"]
    assert [
        [(one.key.value, one.value.literal, one.value.position.line) for one in use.attributes]
        for use in uses
    ] == [[("kind", "new", 3), ("region", "eu", 3)], [("kind", "used", 4)]]


def test_openmetrics() -> None:
    """Counters and infos are called as they are stored; unit, exemplars and seconds are read."""
    facts = read(OPENMETRICS, "m.om")
    assert facts.unread == ()
    found = _by_name(facts)
    assert list(found) == ["shop_orders_total", "shop_size_bytes", "build_info"]
    assert _places(found["shop_orders_total"].description) == ('Orders "placed".', 1, 20, 38)
    assert _places(found["shop_size_bytes"].unit) == ("bytes", 6, 24, 29)
    assert found["build_info"].kind == "info"


@pytest.mark.parametrize(
    ("text", "unread"),
    [
        (b"a 1\nb x\nc 1\n", [(2, 3, 4, "the value must be a number, got 'x'")]),
        ("é 1\n".encode(), [(1, 1, 2, "a metric's name cannot begin with 'é'")]),
        ('a{b="é",c=1} 1\n'.encode(), [(1, 11, 12, "the label's value must be in double quotes")]),
        (b'a{b="1"\n', [(1, 8, 9, "',' or '}' must follow, got the end of the line")]),
        (b'a{b="1"c="2"} 1\n', [(1, 8, 9, "',' or '}' must follow, got 'c'")]),
        (b'a{b="1} 1\n', [(1, 5, 10, "the label's value has no closing quote")]),
        (b'a{b="\\x"} 1\n', [(1, 6, 8, "'\\\\x' is no escape sequence")]),
        (b'a{b="\xff"} 1\n', [(1, 6, 7, "the text is not UTF-8")]),
        (b"# HELP a \xff\na 1\n", [(1, 10, 11, "the text is not UTF-8")]),
        (b'a{b="1",b="2"} 1\n', [(1, 9, 10, "the label 'b' is given twice")]),
        (b'a{__name__="1"} 1\n', [(1, 3, 11, "the label '__name__' is reserved")]),
        (b"# TYPE a foo\n", [(1, 10, 13, "the type must be one of counter, gauge, histogram")]),
        (b"a 1\n# TYPE a gauge\n", [(2, 8, 9, "'a' has a TYPE line, or samples, already")]),
        (b"# HELP a x\n# HELP a y\n", [(2, 8, 9, "'a' has a HELP line already")]),
        (b"a 1\na 2\n", [(2, 1, 2, "the series 'a' is given twice")]),
        (b"a 1 1.5\n", [(1, 5, 8, "a time must be whole milliseconds, got '1.5'")]),
        (b"a 1 2 3\n", [(1, 6, 8, "nothing may follow, got ' 3'")]),
        (b"a 1\r\n", [(1, 4, 5, "lines must end with a line feed alone")]),
        (b"\r\n# HELP a x\r\n#\r\n", [(1, 1, 2, "not with a carriage return")]),
        (
            b"# TYPE a counter\r\na x\r\nb 1\r\n",
            [
                (1, 17, 18, "a carriage return, as this and 2 more do"),
                (2, 3, 4, "the value must be a number, got 'x'"),
            ],
        ),
        (b"a 1\nb 2", [(2, 4, 4, "the last line must end with a line feed")]),
        (b'# TYPE a histogram\na_bucket{le="x"} 1\n', [(2, 13, 16, "'le' must be a number")]),
    ],
)
def test_a_bad_line_is_told_and_the_rest_is_read(
    text: bytes, unread: list[tuple[int, int, int, str]]
) -> None:
    """Each bad line has its place to the column; a good line before and after is read."""
    facts = read(b"before 1\n" + text, "m.prom", openmetrics=False)
    found = [(line - 1, column, end, why) for line, column, end, why in _unread(facts)]
    assert [one[:3] for one in found] == [one[:3] for one in unread]
    for (*_, why), (*_, wanted) in zip(found, unread, strict=True):
        assert wanted in why
    assert "before" in _by_name(facts)


def test_what_went_through_windows_is_read_all_the_same() -> None:
    """That its lines end otherwise is said once; kinds and values are what they would be."""
    text = b"# HELP a_total How many.\n# TYPE a_total counter\na_total 1\n"
    facts = read(text.replace(b"\n", b"\r\n"), "m.prom")
    assert len(facts.unread) == 1
    assert _by_name(facts)["a_total"].kind == "counter"
    ended = read(text.replace(b"_total", b"", 2).replace(b"\n", b"\r\n") + b"# EOF\r\n", "m.om")
    assert len(ended.unread) == 1


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        (b"# TYPE a gauge\na 1\n", 3, "the last line must be '# EOF'"),
        (b"# EOF\na 1\n", 2, "nothing may follow '# EOF'"),
        (b"# TYPE a counter\na 1\n# EOF\n", 2, "must be a_total or a_created"),
        (b"# TYPE a unknown\n# UNIT a seconds\n# EOF\n", 2, "must end with its unit 'seconds'"),
        (b'a 1\nb 1\na{c="1"} 1\n# EOF\n', 3, "the lines of 'a' must stand together"),
        (b"# a comment\n# EOF\n", 1, "the line must be"),
        (b"\n# EOF\n", 1, "no empty lines"),
        (b"# TYPE a untyped\n# EOF\n", 1, "the type must be one of"),
        (b"# TYPE a Counter\n# EOF\n", 1, "the type must be one of"),
        (b"# TYPE a counter\na_total 1 # x\n# EOF\n", 2, "an exemplar must begin with '{'"),
        (b'# TYPE a histogram\na_bucket{le="1",le="2"} 1\n# EOF\n', 2, "is given twice"),
    ],
)
def test_what_openmetrics_does_not_allow(text: bytes, line: int, why: str) -> None:
    """OpenMetrics is stricter, and whatever it forbids is told."""
    [(at, _, _, said)] = _unread(read(text, "m.om", openmetrics=True))
    assert (at, why in said) == (line, True), said


def test_no_end_of_bad_lines() -> None:
    """Something else than an exposition is told in a hundred lines, not in a million."""
    facts = read(b"<p>\n" * 5_000, "page")
    assert len(facts.unread) == 101
    assert facts.unread[-1].why == "this line and 4899 more cannot be read"


@given(data=st.one_of(st.binary(max_size=80), st.text(max_size=80).map(str.encode)))
def test_whatever_is_read_is_read_to_its_end(data: bytes) -> None:
    """Nothing raises, and each place lies within its line."""
    for openmetrics in (None, True, False):
        facts = read(data, "x", openmetrics=openmetrics)
        lines = data.decode("utf-8", "surrogateescape").split("\n")
        for each in facts.unread:
            at = each.position
            assert 1 <= at.line <= len(lines)
            assert 1 <= at.column <= at.end_column <= len(lines[at.line - 1]) + 2


@pytest.mark.parametrize("accept", ["text/plain", "application/openmetrics-text; version=1.0.0"])
def test_what_ninefold_exposes_is_read(accept: str) -> None:
    """The exposition of this library's own is read whole, in both formats, and is right."""
    reader = PrometheusReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    meter = provider.get_meter("shop")
    meter.create_counter("shop.orders", "{order}", "Orders.").add(1, {"shop.kind": 'a"\\\n'})
    meter.create_histogram("shop.wait", "s", "Wait.").record(0.1)
    meter.create_up_down_counter("process.thread.count", "{thread}", "Threads.").add(7)
    body, _ = encoded(reader.families(), accept)
    facts = read(body, "metrics")
    assert facts.unread == ()
    assert {"shop_orders_total", "shop_wait_seconds"} <= _by_name(facts).keys()
    report = run(facts, Options(), tuple(shipped()), conventions())
    assert [one for one in report.findings if one.severity != "I"] == []


def test_files(tmp_path: Path) -> None:
    """A file is read by its ending; one that is not there is told."""
    (tmp_path / "a.prom").write_bytes(TEXT)
    (tmp_path / "a.om").write_bytes(b"a 1\n")
    assert read_file(tmp_path / "a.prom").unread == ()
    assert "# EOF" in read_file(tmp_path / "a.om").unread[0].why
    assert "No such file" in read_file(tmp_path / "none.prom").unread[0].why


class _Handler(BaseHTTPRequestHandler):
    answers: ClassVar[dict[str, tuple[int, str, bytes]]] = {
        "/metrics": (200, "text/plain; version=0.0.4", TEXT),
        "/open": (200, "application/openmetrics-text; version=1.0.0", b"a 1\n"),
        "/page": (200, "text/html; charset=utf-8", b"<p>hello</p>"),
        "/short": (200, "text/plain", TEXT),
        "/slow": (200, "text/plain", b""),
        "/long": (200, "text/plain", b"a 1\n" * 1_000),
        "/empty": (200, "text/plain", b""),
        "/gzip": (200, "text/plain", gzip.compress(TEXT)),
        "/bomb": (200, "text/plain", gzip.compress(b"a 1\n" * 100_000)),
        "/cut": (200, "text/plain", gzip.compress(TEXT)[:-9]),
        "/brotli": (200, "text/plain", b"?"),
        "/plain": (200, "text/plain", TEXT),
        "/moved": (302, "text/plain", b""),
        "/round": (302, "text/plain", b""),
        "/outside": (302, "text/plain", b""),
        "/nowhere": (302, "text/plain", b""),
    }
    encodings: ClassVar[dict[str, str]] = {
        "/gzip": "gzip", "/bomb": "gzip", "/cut": "gzip", "/plain": "gzip", "/brotli": "br",
    }  # fmt: skip
    moved: ClassVar[dict[str, str]] = {
        "/moved": "/metrics", "/round": "/round", "/outside": "file:///etc/passwd",
    }  # fmt: skip
    given_up: ClassVar[threading.Event] = threading.Event()

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/secret" and self.headers.get("Authorization") == "Basic bWU6cCB3":
            path = "/metrics"
        status, kind, body = self.answers.get(path, (404, "text/plain", b"none"))
        if path == "/never":
            self.given_up.wait()
            return
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for header, values in (("Content-Encoding", self.encodings), ("Location", self.moved)):
            if path in values:
                self.send_header(header, values[path])
        while path == "/drip" and not self.given_up.wait(0.05):
            try:
                self.send_header("X-Padding", "x")
                self.flush_headers()
            except OSError:
                return
        if path != "/slow":
            self.send_header("Content-Length", str(len(body) + (path == "/short")))
        self.end_headers()
        self.wfile.write(body)
        while path == "/slow":
            try:
                self.wfile.write(b"a 1\n")
            except OSError:
                break

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def _served() -> Iterator[str]:
    server = ThreadingHTTPServer((LOOPBACK, 0), _Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"{LOOPBACK}:{server.server_address[1]}"
    finally:
        _Handler.given_up.set()
        server.shutdown()
        server.server_close()
        thread.join()
        _Handler.given_up.clear()


def test_addresses() -> None:
    """An exposition is fetched, its format is what its content type says, errors are told."""
    with _served() as host:
        assert len(fetch(f"http://{host}/metrics", timeout=PATIENCE).declarations) == 4
        assert "# EOF" in fetch(f"http://{host}/open", timeout=PATIENCE).unread[0].why
        assert "a web page" in fetch(f"http://{host}/page", timeout=PATIENCE).unread[0].why
        assert (
            fetch(f"http://{host}/none", timeout=PATIENCE).unread[0].why == "answered 404 Not Found"
        )
        assert fetch(f"http://{host}/short", timeout=PATIENCE).unread[0].why == "ended 1 byte early"
        long = fetch(f"http://{host}/long", limit=1_000, timeout=PATIENCE)
        assert long.unread[0].why == "answered with more than 1000 bytes"


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/empty", "it is empty: nothing was checked"),
        ("/bomb", "answered with more than 1000 bytes"),
        ("/cut", "ended before its gzip did"),
        ("/plain", "answered with what is not gzip"),
        ("/brotli", "answered in the encoding 'br', which was not asked for"),
        ("/round", "answered 302"),
        ("/outside", "answered 302"),
        ("/nowhere", "answered 302 Found"),
        ("/never", "took more than 0.3 seconds"),
        ("/drip", "took more than 0.3 seconds"),
    ],
)
def test_answers_that_are_none(path: str, says: str) -> None:
    """Whatever is answered in place of an exposition, or never, is told in time."""
    with _served() as host:
        timeout = 0.3 if path in ("/never", "/drip") else PATIENCE
        facts = fetch(f"http://{host}{path}", timeout=timeout, limit=1_000)
    assert facts.declarations == ()
    (unread,) = facts.unread
    assert says in unread.why
    assert unread.position.path == f"http://{host}{path}"


@pytest.mark.parametrize("path", ["/gzip", "/moved"])
def test_answers_on_a_way_round(path: str) -> None:
    """What is compressed without being asked to be, and what has moved, is read."""
    with _served() as host:
        facts = fetch(f"http://{host}{path}", timeout=PATIENCE)
    assert (len(facts.declarations), facts.unread) == (4, ())


def test_a_password_is_sent_and_never_told() -> None:
    """What an address holds in confidence is in no message and no position."""
    with _served() as host:
        found = fetch(f"http://me:p%20w@{host}/secret?token=t0p", timeout=PATIENCE)
        assert found.unread == ()
        assert {one.position.path for one in found.declarations} == {f"http://{host}/secret"}
        refused = fetch(f"http://me:wrong@{host}/secret?token=t0p", timeout=PATIENCE)
    assert refused.unread[0].position.path == f"http://{host}/secret"
    assert "wrong" not in str(refused)
    assert "t0p" not in str(refused)


@pytest.mark.parametrize(
    "url", ["ftp://localhost/x", "file:///etc/passwd", "http://", "http://[::1/x", "http://a:b/"]
)
def test_addresses_that_are_none(url: str) -> None:
    """Only http and https are asked, and what is no address is told."""
    assert "address" in fetch(url).unread[0].why


def test_an_answer_without_end() -> None:
    """An answer that never ends is given up, by its time or by its length."""
    with _served() as host:
        endless = fetch(f"http://{host}/slow", timeout=0.3, limit=1_000_000)
    assert endless.declarations == ()
    assert endless.unread[0].why in (
        "took more than 0.3 seconds",
        "answered with more than 1000000 bytes",
    )


def test_nobody_answers() -> None:
    """A service that is away is told as such."""
    facts = fetch(f"http://{LOOPBACK}:{free_port()}/metrics", timeout=PATIENCE)
    assert facts.unread[0].why.startswith("cannot be fetched")
