"""A check that remembers says what one that forgets says, whatever is edited in between."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.conformance import Configuration, Facts, Options, check
from ninefold.conformance._cache import FOLDER
from ninefold.conformance._packed import numbered, packed

_METER = "from opentelemetry import metrics\nmeter = metrics.get_meter('shop')\n"
# Each names, makes, calls or records what another file may define.
_TEXTS = (
    "",
    "x = 1\n",
    "NAME = 'shop.orders'\n",
    "NAME = 'shop.carts'\n",
    "NAME = f'shop.{1 + 1}'\nKEY = 'shop.kind'\n",
    "from .names import NAME\n",
    "from .other import *\n",
    _METER + "from .names import NAME\norders = meter.create_counter(NAME, unit='{order}')\n",
    _METER + "from shop import names\norders = meter.create_histogram(names.NAME, unit='ms')\n",
    _METER + "from lib.names import NAME\norders = meter.create_counter(NAME)  # noqa: NF-U201\n",
    _METER + "def make(name, unit='s'):\n    return meter.create_counter(name, unit=unit)\n",
    "from .made import make\norders = make('shop.made')\n",
    "from shop.made import make as build\ncarts = build('Shop.Built')  # ninefold: ignore\n",
    "from .metrics import orders\ndef sell(kind):\n    orders.add(1, {'shop.kind': kind})\n",
    "from shop.metrics import orders\norders.record(0.25, {'user_id': 7, 'shop.é': True})\n",
    "from prometheus_client import Counter\nCounter('shop_calls', 'Calls.', ['method'])\n",
    "from prometheus_client import Histogram\nHistogram('w', '', buckets=(1, float('inf')))\n",
    "import prometheus_client\ndef (:\n",
    "x = 'é'  # ninefold: ignore[NF-A507] until=2001-01-01 reason=none\n",
)
_PATHS = (
    "shop/__init__.py", "shop/names.py", "shop/other.py", "shop/metrics.py", "shop/made.py",
    "shop/use.py", "shop/deep/__init__.py", "shop/deep/more.py", "use.py", "names.py",
)  # fmt: skip
_OUTSIDE = ("elsewhere/lib/__init__.py", "elsewhere/lib/names.py", "src/lib/names.py")
_EDITS = st.lists(
    st.tuples(st.sampled_from(_PATHS + _OUTSIDE), st.one_of(st.none(), st.sampled_from(_TEXTS))),
    min_size=1,
    max_size=6,
)
_OPTIONS = Options(today="2026-11-27")


def _comparable(facts: Facts) -> list[Any]:
    numbers = numbered(facts.declarations)
    return [
        [packed(each) for each in facts.declarations],
        [packed(each, numbers) for each in facts.uses],
        [packed(each) for each in facts.unread],
        [packed(each) for each in facts.suppressions],
        facts.files,
    ]


def _edit(edits: list[tuple[str, str | None]]) -> None:
    for name, text in edits:
        path = Path(name)
        if text is None:
            path.unlink(missing_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


@given(
    start=st.lists(st.sampled_from(_TEXTS), min_size=10, max_size=10),
    rounds=st.lists(_EDITS, max_size=4),
)
@settings(max_examples=60, deadline=None)
def test_every_edit(start: list[str], rounds: list[list[tuple[str, str | None]]]) -> None:
    """After each edit of files, of those that they import from and of packages, all is the same."""
    before = os.getcwd()
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr("sys.path", [os.path.join(folder, "elsewhere")])
        _edit(list(zip(_PATHS, start, strict=True)))
        for edits in [[], *rounds, []]:
            _edit(edits)
            given_paths = [each for each in ("shop", "use.py", "names.py") if Path(each).exists()]
            plain = check(given_paths, _OPTIONS, Configuration())
            for _ in range(2):
                cached = check(given_paths, _OPTIONS, Configuration(), is_cached=True)
                assert cached.findings == plain.findings
                assert cached.suppressed == plain.suppressed
                assert _comparable(cached.facts) == _comparable(plain.facts)
        assert Path(FOLDER, ".gitignore").read_text() == "*\n"
    assert os.getcwd() == before
