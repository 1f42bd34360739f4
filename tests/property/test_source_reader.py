"""The reader of Python source takes whatever it is given: it tells, and never raises."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.conformance import Options, every_rule
from ninefold.conformance._engine import run
from ninefold.conformance.registry import conventions
from ninefold.conformance.source import may_declare, read

_ROOT = Path(__file__).parents[2]


@cache
def _real() -> tuple[bytes, ...]:
    """Files that declare metrics, of the cases and of installed packages."""
    found = [path.read_bytes() for path in sorted((_ROOT / "conformance/cases").glob("*/*.py"))]
    for folder in map(Path, sys.path):
        for name in ("opentelemetry/instrumentation", "redis/observability", "prometheus_client"):
            for path in sorted((folder / name).rglob("*.py")):
                data = path.read_bytes()
                if may_declare(data) and len(data) < 60_000:
                    found.append(data)
    assert len(found) > 150
    return tuple(found)


_PIECES = st.sampled_from(
    [
        b"(", b")", b"[", b"]", b"{", b"}", b'"', b"'", b"f'{x}'", b"*", b"**", b"=", b":", b",",
        b"\n", b"    ", b"self", b"None", b"-1", b"lambda: ", b"yield ", b"await ", b"global x\n",
        b"if x:\n", b"class A(A):\n", b"def f(*a, **k):\n", b"x = x\n", b"\xc3\xa9", b"\xff", b"\0",
        b"from . import *\n", b"from .. import a as b\n", b"import a.b.c\n", b"match x:\n", b"\\\n",
    ]
)  # fmt: skip
_CHANGES = st.lists(
    st.tuples(st.integers(0, 2**31), st.integers(0, 40), st.one_of(st.just(b""), _PIECES)),
    min_size=0,
    max_size=6,
)


def _judge(*texts: bytes) -> None:
    with TemporaryDirectory() as folder:
        paths = [Path(folder, f"m{index}.py") for index in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            path.write_bytes(text)
        facts = read(map(str, paths), root=folder)
        report = run(facts, Options(), every_rule(), conventions())
        lines = [text.count(b"\n") + text.count(b"\r") + 2 for text in texts]
        for finding in report.findings:
            position = finding.position
            assert position.path in map(str, paths)
            assert 1 <= position.line <= max(lines)
            assert position.column >= 1
            assert (position.end_line, position.end_column) >= (position.line, position.column)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_real_files_with_mistakes(data: st.DataObject) -> None:
    """A file in which pieces are lost and put in is read, or told with a place within it."""
    text = data.draw(st.sampled_from(_real()))
    for at, length, piece in data.draw(_CHANGES):
        start = at % (len(text) + 1)
        text = text[:start] + piece + text[start + length :]
    _judge(text)


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_files_that_import_one_another(data: st.DataObject) -> None:
    """Modules that import one another in a circle, and define what they import, are read."""
    texts = data.draw(st.lists(st.sampled_from(_real()), min_size=2, max_size=3))
    heads = st.lists(
        st.sampled_from(
            [
                b"from m0 import *\n", b"from m1 import *\n", b"from m1 import meter\n",
                b"from m0 import meter as m\n", b"import m0, m1\n", b"from m1 import C as C\n",
                b"C = D\nD = C\n", b"def w(n, m=w):\n    return w(n)\n",
            ]
        )
    )  # fmt: skip
    _judge(*(b"".join(data.draw(heads)) + text for text in texts))


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_any_bytes(data: bytes) -> None:
    """Any bytes at all, behind what makes the reader look."""
    _judge(b"import prometheus_client\n" + data)
