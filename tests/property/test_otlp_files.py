"""Files of OTLP, damaged in every way: spans, or one sentence that says where; nothing else."""

from __future__ import annotations

import gzip
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given
from hypothesis import strategies as st
from tests.support.otlp_files import FORMS, span, traces

from ninefold.cli._otlp import Recording, UnreadableError
from ninefold.sampling import Keep, Rule, Sampling
from ninefold.sampling.simulation import Parts, Tally, replay

_FAMILY = traces(
    span(1, 1, state="ot=th:c,vendor=1", url_path="/pay/7", http_response_status_code=200),
    span(1, 2, 1, failed=True, share=0.5),
    span(2, 3, 9, flags=0x300),
)
_GOOD = [made(_FAMILY, traces(span(3), service="stock")) for made in FORMS.values()]
_DEEP = b'{"arrayValue":{"values":[' * 4000
_SAMPLING = Sampling(
    default=0.5, keep=Keep(), rules=[Rule(path="/pay/*", per_second=1), Rule(kind="client", rate=1)]
)


@st.composite
def _damaged(draw: st.DrawFn) -> bytes:
    content = bytearray(draw(st.sampled_from(_GOOD)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content)))
        match draw(st.sampled_from(("cut", "put", "take", "flip"))):
            case "cut":
                del content[at:]
            case "put":
                content[at:at] = draw(st.binary(min_size=1, max_size=8))
            case "take":
                del content[at : at + draw(st.integers(1, 8))]
            case _:
                content[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
    return gzip.compress(bytes(content)) if draw(st.booleans()) else bytes(content)


@given(st.one_of(_damaged(), st.binary(max_size=200)))
@example(b'{"resourceSpans":[{"resource":{"attributes":[{"key":"a","value":' + _DEEP)
@example(b"[" * 100_000)
@example(b'{"resourceSpans":' + b"[" * 100_000)
def test_a_damaged_file_is_read_or_refused(content: bytes) -> None:
    """And whatever is read, the simulation has an end and counts all of it."""
    parts, refused = Parts(), ""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "traces"
        file.write_bytes(content)
        try:
            for each in Recording(str(file)).spans():
                parts.add(each)
        except UnreadableError as error:
            refused = error.message
    assert not refused or refused.startswith(str(file))
    assert len(refused) < 600
    assert "\n" not in refused
    count = parts.span_count
    found = parts.all()
    assert sum(part.spans for part in found) == count
    tally = Tally.of(replay(found, _SAMPLING), _SAMPLING, slower_than=1.0)
    assert tally.total.traces.seen >= len(found)
