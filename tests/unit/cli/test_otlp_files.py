"""Files of OTLP traces: which are read, and what is said about those that are not."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Message
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData
from tests.support import otlp_files
from tests.support.otlp_files import FORMS, as_json, json_lines, protobuf, protobuf_stream

from ninefold.cli._otlp import Recording, UnreadableError
from ninefold.sampling.simulation import Process, Span

GOOD = "0af7651916cd43dd8448eb211c80319c"


def _read(content: bytes, folder: Path, name: str = "traces") -> list[Span]:
    file = folder / name
    file.write_bytes(content)
    return list(Recording(str(file)).spans())


def _some() -> tuple[TracesData, ...]:
    return (
        otlp_files.traces(
            otlp_files.span(
                int(GOOD, 16),
                7,
                state="vendor=1,ot=th:8;rv:0123456789abcd",
                url_path="/pay/7",
                http_response_status_code=200,
                ok=True,
                share=0.5,
            ),
            otlp_files.span(2, 8, 7, failed=True, kind=Message.SPAN_KIND_CLIENT, flags=0x100),
        ),
        otlp_files.traces(
            otlp_files.span(3, 9, 8, kind=Message.SPAN_KIND_INTERNAL, flags=0x300),
            otlp_files.span(4, 10, 8, kind=Message.SPAN_KIND_CONSUMER),
            service="stock",
            instance="2",
        ),
    )


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_tells_the_same_spans(form: str, packed: bool, tmp_path: Path) -> None:
    """JSON and protobuf, in one message and in several, as they are and compressed."""
    content = FORMS[form](*_some())
    found = _read(gzip.compress(content) if packed else content, tmp_path)
    assert found == _read(protobuf(*_some()), tmp_path)
    first, second, third, fourth = found
    assert (first.trace_id, first.span_id, first.parent_id) == (int(GOOD, 16), 7, 0)
    assert (first.process, third.process) == (Process("shop", "1"), Process("stock", "2"))
    assert (first.start, first.end) == (1_000_000_000, 1_250_000_000)
    assert first.entry == "th:8;rv:0123456789abcd"
    assert first.attributes == {
        "url.path": "/pay/7",
        "http.response.status.code": 200,
        "ok": True,
        "share": 0.5,
    }
    assert [each.kind for each in found] == ["server", "client", "internal", "consumer"]
    assert [each.failed for each in found] == [False, True, False, False]
    assert [each.local for each in found] == [None, True, False, None]
    assert (second.parent_id, fourth.parent_id) == (7, 8)


def test_the_size_of_a_span_is_what_it_adds_to_an_export(tmp_path: Path) -> None:
    """To the byte, of spans short and long: with one more the message is so much longer."""
    for length in (0, 10, 100, 127, 200, 20_000):
        one = otlp_files.span(1, 1)
        other = otlp_files.span(1, 2, text="x" * length)
        [_, found] = _read(protobuf(otlp_files.traces(one, other)), tmp_path)
        scope = otlp_files.traces(one).resource_spans[0].scope_spans[0]
        without = scope.ByteSize()
        scope.spans.append(other)
        assert found.size == scope.ByteSize() - without


def test_json_may_say_numbers_as_text_and_more_than_is_known(tmp_path: Path) -> None:
    """As OTLP/JSON has it: 64 bits in text or not, unknown fields, null for what is absent."""
    document = json.loads(as_json(otlp_files.traces(otlp_files.span(1, 2))))
    span = document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    span["startTimeUnixNano"] = int(span["startTimeUnixNano"])
    span["fromTheFuture"] = {"x": [1]}
    span["parentSpanId"] = ""
    span["events"] = None
    span["kind"] = "SPAN_KIND_CONSUMER"
    span["traceId"] = span["traceId"].upper()
    span["attributes"] = [
        {"key": "n", "value": {"intValue": 7}},
        {"key": "d", "value": {"doubleValue": "Infinity"}},
        {"key": "b", "value": {"bytesValue": "AAE="}},
        {"key": "l", "value": {"arrayValue": {"values": [{"stringValue": "x"}, {}]}}},
        {"key": "m", "value": {"kvlistValue": {"values": [{"key": "y", "value": {}}]}}},
        {"key": "nothing"},
    ]
    [found] = _read(json.dumps(document).encode(), tmp_path)
    assert (found.kind, found.start, found.parent_id) == ("consumer", 1_000_000_000, 0)
    assert found.attributes == {
        "n": 7,
        "d": float("inf"),
        "b": b"\0\1",
        "l": ("x", None),
        "m": {"y": None},
        "nothing": None,
    }


def test_lines_of_metrics_and_logs_are_passed_over_and_counted(tmp_path: Path) -> None:
    """A Collector may write all signals into one file."""
    file = tmp_path / "all.jsonl"
    file.write_bytes(
        b'{"resourceMetrics":[]}\n'
        + json_lines(otlp_files.traces(otlp_files.span(1)))
        + b'\n{"resourceLogs":[]}\n{}\n'
    )
    recording = Recording(str(file))
    assert len(list(recording.spans())) == 1
    assert recording.others == 2


def _changed(**fields: object) -> bytes:
    """A good line, and one whose only span has other fields; None takes one out."""
    document = json.loads(as_json(otlp_files.traces(otlp_files.span(1, 2))))
    span: dict[str, Any] = document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    for name, value in fields.items():
        if value is None:
            del span[name]
        else:
            span[name] = value
    good = json_lines(otlp_files.traces(otlp_files.span(1)))
    return good + json.dumps(document).encode() + b"\n"


def _message(change: Callable[[Message], object]) -> bytes:
    """A good message, and one with a span that is changed."""
    other = otlp_files.span(1, 2)
    change(other)
    return protobuf_stream(otlp_files.traces(otlp_files.span(1)), otlp_files.traces(other))


_SPAN = r"line 2: Expected .* - at `\$\.resourceSpans\[0\]\.scopeSpans\[0\]\.spans\[0\]\.attributes"
_LINE = json_lines(otlp_files.traces(otlp_files.span(1)))
_STREAM = protobuf_stream(otlp_files.traces(otlp_files.span(1)))
_MESSAGE = protobuf(otlp_files.traces(otlp_files.span(1)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty: it has no span"),
        (b" \n\n", "is empty: it has no span"),
        (b" " * 100, "begins with 64 bytes of white space"),
        (b"hello", "at byte 0: neither JSON nor protobuf"),
        (b"\x28\xb5\x2f\xfd" + _LINE, "is compressed with zstd; leave `compression` out"),
        (b"\0\0\0\x20\x28\xb5\x2f\xfd" + _LINE, "compressed with zstd"),
        (b"[{}]", "line 1: Expected `object`, got `array`"),
        (b'"x"', "at byte 0: neither JSON nor protobuf"),
        (b'{"spans": []}', "line 1: no OTLP traces, as it has no resourceSpans"),
        (_LINE + b'{"spans": []}', "line 2: no OTLP traces, as it has no resourceSpans"),
        (_LINE + b"{nonsense\n", r"line 2, column 2: JSON is malformed"),
        (_LINE + _LINE[:-40], r"line 2, column \d+: Input data was truncated; it was cut off"),
        (_LINE[:-40], r"line 1, column \d+: Input data was truncated; it was cut off"),
        (b'{\n  "resourceSpans": [\n    {x}\n]}', "line 3, column 6: JSON is malformed"),
        (b'{\n  "resourceSpans": 7\n}', "the document from line 1 on: Expected `array"),
        (
            _LINE + _LINE.replace(b"shop", b"sh\x80p"),
            "line 2: a text is no UTF-8, as it has the byte 80",
        ),
        (_LINE + b'{"resourceSpans":' + b"[" * 9999, "line 2: "),
        (_LINE + b'{"resourceSpans": [7]}', "line 2: Expected `object`, got `int`"),
        (_LINE + b"\xff\n", "line 2, column 1: JSON is malformed"),
        (_changed(traceId=None), "line 2: Object missing required field `traceId`"),
        (_changed(traceId="zz" * 16), r"must be 32 hexadecimal digits, got 'zz"),
        (_changed(traceId="AAAAAAAAAAAAAAAAAAAAAQ=="), "that is base64, which OTLP/JSON does not"),
        (_changed(traceId=GOOD[:-1]), "must be 32 hexadecimal digits"),
        (_changed(traceId=7), "must be 32 hexadecimal digits, got 7"),
        (_changed(traceId="0" * 32), "line 2: .*traceId must not be all zeros"),
        (_changed(spanId="0" * 16), "line 2: .*spanId must not be all zeros"),
        (_changed(spanId=""), "must be 16 hexadecimal digits, got ''"),
        (_changed(parentSpanId="abc"), "must be 16 hexadecimal digits, got 'abc'"),
        (_changed(startTimeUnixNano="soon"), "must be a whole number from 0 to"),
        (_changed(startTimeUnixNano=-1), "must be a whole number from 0 to"),
        (_changed(startTimeUnixNano=1.5), "must be a whole number from 0 to"),
        (_changed(startTimeUnixNano=True), "must be a whole number from 0 to"),
        (_changed(startTimeUnixNano=str(1 << 64)), "must be a whole number from 0 to"),
        (_changed(startTimeUnixNano="0"), "startTimeUnixNano must be a time in nanoseconds, got 0"),
        (_changed(startTimeUnixNano=None), "startTimeUnixNano must be a time"),
        (_changed(kind="SPAN_KIND_SEVER"), "must be the number of a SpanKind"),
        (_changed(kind=-1), "must be a whole number from 0"),
        (_changed(flags=1 << 40), "line 2: "),
        (_changed(status={"code": "BAD"}), "must be the number of a StatusCode, got 'BAD'"),
        (_changed(attributes={"a": 1}), _SPAN),
        (_changed(attributes=[{"key": 1}]), _SPAN),
        (_changed(attributes=[{"key": "a", "value": {"intValue": "x"}}]), "must be a whole number"),
        (_changed(attributes=[{"key": "a", "value": {"doubleValue": "x"}}]), "must be a number"),
        (_changed(attributes=[{"key": "a", "value": {"bytesValue": "?"}}]), "must be base64"),
        (gzip.compress(_LINE)[:-20], "ends within its gzip; it was cut off"),
        (gzip.compress(_LINE)[:-8] + bytes(8), "cannot be read: "),
        (_STREAM + _STREAM[:-3], r"message 2 at byte \d+: it ends after \d+ of \d+ bytes"),
        (_STREAM + b"\0\0", r"message 2 at byte \d+: it ends after 2 of 4 bytes"),
        (_STREAM + b"\0\0\0\x02\x0a\x05", r"message 2 at byte \d+: no protobuf of OTLP traces"),
        (_STREAM + b"\xff\xff\xff\xff", r"message 2 at byte \d+: no message has 4294967295 bytes"),
        (_MESSAGE[:-3], r"byte 0: it ends after \d+ of \d+ bytes"),
        (_MESSAGE + b"\x12\x00", r"byte \d+: OTLP traces go on with 0a"),
        (_MESSAGE + b"\x0a", r"byte \d+: it ends within a length"),
        (b"\x0a" + b"\xff" * 12, "byte 1: no length has more than 10 bytes"),
        (_message(lambda one: one.ClearField("trace_id")), r"message 2 .*traceId must have 16 byt"),
        (
            _message(lambda one: setattr(one, "span_id", b"x")),
            r"message 2 at byte \d+: scopeSpans\[0\]\.spans\[0\]\.spanId must have 8 bytes, got 1",
        ),
        (
            _message(lambda one: setattr(one, "parent_span_id", b"xyz")),
            "parentSpanId must have 8 bytes, got 3",
        ),
        (_message(lambda one: setattr(one, "trace_id", bytes(16))), "must not be all zeros"),
        (
            _message(lambda one: one.ClearField("start_time_unix_nano")),
            "startTimeUnixNano must be a time",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(content: bytes, message: str, tmp_path: Path) -> None:
    """The file, where in it, what is wrong, and the value; never a traceback."""
    with pytest.raises(UnreadableError, match=message) as caught:
        _read(content, tmp_path, "bad.otlp")
    assert re.match(rf"{re.escape(str(tmp_path))}/bad\.otlp(,| )", caught.value.message)


def test_what_comes_before_a_mistake_is_read(tmp_path: Path) -> None:
    """One message at a time: a file need not fit into memory."""
    file = tmp_path / "traces.jsonl"
    file.write_bytes(_LINE * 3 + b"{")
    spans = Recording(str(file)).spans()
    assert [next(spans).trace_id for _ in range(3)] == [1, 1, 1]
    with pytest.raises(UnreadableError, match="line 4, column 2"):
        next(spans)


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_a_file_that_is_not_there_is_named(name: str, tmp_path: Path) -> None:
    """And what to give instead."""
    with pytest.raises(UnreadableError, match=f"{re.escape(str(tmp_path / name))} cannot be read"):
        next(Recording(str(tmp_path / name)).spans())
