"""Where metrics are recorded, with which attributes, is read as far as the source tells."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from ninefold.conformance import Facts, Use
from ninefold.conformance.source import python_files, read

METER = "from opentelemetry import metrics\nmeter = metrics.get_meter('shop')\n"
ORDERS = f"{METER}orders = meter.create_counter('shop.orders')\n"
CLIENT = "from prometheus_client import Counter, Gauge, Histogram\n"


def facts_of(folder: Path, files: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Facts:
    """What is read in a folder with these files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
    monkeypatch.chdir(folder)
    return read(python_files(["."]))


def keys(use: Use) -> list[str]:
    """The keys of a use, `…` for what is not known of one."""
    return [each.key.shown for each in use.attributes]


@pytest.mark.parametrize(
    ("text", "found", "complete"),
    [
        ("orders.add(1)", [], True),
        ("orders.add(1, None)", [], True),
        ("orders.add(1, {'a': 1, 'b': x})", ["a", "b"], True),
        ("orders.add(1, attributes={'a': 1})", ["a"], True),
        ("orders.add(1, dict(a=1))", ["a"], True),
        ("K = 'a'\norders.add(1, {K: 1})", ["a"], True),
        ("BASE = {'a': 1}\norders.add(1, {**BASE, 'b': 2})", ["a", "b"], True),
        ("BASE = {'a': 1}\norders.add(1, BASE | {'b': 2})", ["a", "b"], True),
        ("orders.add(1, {**base(), 'b': 2})", ["b"], False),
        ("orders.add(1, attributes)", [], False),
        ("orders.add(1, {name(): 1})", ["…"], True),
        ("orders.add(*args)", [], False),
        ("def f():\n    a = {'a': 1}\n    a['b'] = 2\n    orders.add(1, a)", ["a", "b"], False),
        ("def f():\n    a = {'a': 1}\n    g(a)\n    orders.add(1, a)", ["a"], False),
        (
            (
                "from opentelemetry.semconv.attributes.http_attributes import HTTP_ROUTE\n"
                "orders.add(1, {HTTP_ROUTE: r})"
            ),
            ["http.route"],
            True,
        ),
    ],
)
def test_attributes(
    text: str,
    found: list[str],
    complete: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Attributes are found through names and merged dicts, and it is known where more may come."""
    (use,) = facts_of(tmp_path, {"a.py": f"{ORDERS}{text}\n"}, monkeypatch).uses
    assert (keys(use), use.is_complete) == (found, complete)


@pytest.mark.parametrize(
    ("text", "method", "amount", "found"),
    [
        ("c = Counter('a_total', 'h', ['x'])\nc.labels('v')", "labels", None, ["x"]),
        ("c = Counter('a_total', 'h', ['x', 'y'])\nc.labels(y=1, x=2)", "labels", None, ["y", "x"]),
        ("c = Counter('a_total', 'h')\nc.inc(2)", "inc", 2.0, []),
        ("g = Gauge('a', 'h')\ng.set(-1.5)", "set", -1.5, []),
        ("g = Gauge('a', 'h')\ng.dec()", "dec", None, []),
        ("h = Histogram('a', 'h')\nh.observe(x)", "observe", None, []),
        ("c = Counter('a_total', 'h', ('x',))\nc.labels('v', 'w')", "labels", None, ["x", "…"]),
        ("c = Counter('a_total', 'h', N)\nc.labels('v')", "labels", None, ["…"]),
    ],
)
def test_prometheus_client(
    text: str,
    method: str,
    amount: float | None,
    found: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Values of `labels()` are put to the names that are declared."""
    (use,) = facts_of(tmp_path, {"a.py": f"{CLIENT}{text}\n"}, monkeypatch).uses
    assert (use.method, use.amount, keys(use)) == (method, amount, found)


def test_child_carries_its_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is recorded on a labelled child is recorded with its labels."""
    text = f"{CLIENT}child = Gauge('a', 'h', ['x']).labels(x='v')\nchild.set(3)\n"
    labels, use = facts_of(tmp_path, {"a.py": text}, monkeypatch).uses
    assert (labels.method, use.method, use.amount) == ("labels", "set", 3.0)
    assert keys(use) == ["x"]


def test_callback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Attributes of observations are found in the callbacks, functions and methods."""
    text = f"""{METER}
from opentelemetry.metrics import Observation

def level(options):
    yield Observation(1, {{"a": 1}})

class Pool:
    def __init__(self):
        meter.create_observable_gauge("shop.size", callbacks=[self._size, level])

    def _size(self, options):
        return [metrics.Observation(value=2, attributes={{"b": 1}})]
"""
    uses = facts_of(tmp_path, {"a.py": text}, monkeypatch).uses
    assert [(each.method, keys(each)) for each in uses] == [
        ("callback", ["a"]),
        ("callback", ["b"]),
    ]


@pytest.mark.parametrize(
    "use",
    [
        "from shop.metrics import orders\norders.add(1, {'a': 1})",
        "from shop import metrics\nmetrics.orders.add(1, {'a': 1})",
        "from shop.metrics import METRICS\nMETRICS.carts.add(1, {'a': 1})",
        "from shop.metrics import Metrics\ndef f(m: Metrics):\n    m.carts.add(1, {'a': 1})",
        (
            "from shop.metrics import METRICS as M\nclass A:\n    def __init__(self):\n"
            "        self.m = M\n    def f(self):\n        self.m.carts.add(1, {'a': 1})"
        ),
    ],
)
def test_use_in_another_file(use: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that declares nothing is read where it records what another has declared."""
    metrics = (
        f"{ORDERS}class Metrics:\n    def __init__(self):\n"
        "        self.carts = meter.create_counter('shop.carts')\nMETRICS = Metrics()\n"
    )
    files = {"shop/__init__.py": "", "shop/metrics.py": metrics, "shop/web.py": f"{use}\n"}
    (found,) = facts_of(tmp_path, files, monkeypatch).uses
    assert found.position.path == "shop/web.py"
    assert keys(found) == ["a"]


@pytest.mark.parametrize(
    "text",
    ["seen = set()\nseen.add(1)", "orders = set()\norders.add(1)", "def f(c):\n    c.add(1, {})"],
)
def test_what_is_no_metric(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`add` of a set, or of what is not known, is no use of a metric."""
    other = f"{METER}meter.create_counter('shop.orders')\n{text}\n"
    assert facts_of(tmp_path, {"a.py": other}, monkeypatch).uses == ()


@pytest.mark.parametrize(
    "text",
    [
        "def orders():\n    return meter.create_counter('shop.orders')\n",
        (
            "from functools import cache\n@cache\n"
            "def orders():\n    return meter.create_counter('shop.orders')\n"
        ),
        (
            "_made = None\ndef orders():\n    global _made\n    if _made is None:\n"
            "        _made = meter.create_counter('shop.orders')\n    return _made\n"
        ),
    ],
)
def test_use_of_what_a_function_gives(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the function's one metric, however often the function is called."""
    text = f"{METER}{text}orders().add(1, {{'a': 1}})\nmade = orders()\nmade.add(2)\n"
    facts = facts_of(tmp_path, {"shop.py": text}, monkeypatch)
    (declaration,) = facts.declarations
    assert [(each.amount, each.declaration is declaration) for each in facts.uses] == [
        (1, True),
        (2, True),
    ]


def test_value_of_an_attribute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an attribute is set to is told by its form, and by its value where that is known."""
    text = f"""{ORDERS}
KIND = "gift"
def f(request, user_id):
    path = request.url.path
    orders.add(1, {{"a": KIND, "b": path, "c": str(user_id), "d": f"u-{{user_id}}", "e": 3}})
"""
    (use,) = facts_of(tmp_path, {"a.py": text}, monkeypatch).uses
    a, b, c, d, e = (each.value for each in use.attributes)
    assert (a.literal, a.is_known, e.literal) == ("gift", True, 3)
    assert (b.kind, b.is_known, b.inner[0].dotted) == ("name", False, "request.url.path")
    assert (c.kind, c.dotted, c.inner[0].dotted) == ("call", "str", "user_id")
    assert (d.kind, d.inner[1].dotted) == ("fstring", "user_id")
