"""A metric's name is found wherever the source says it, and nowhere else."""

from __future__ import annotations

import ast
from pathlib import Path
from textwrap import dedent

import pytest

from ninefold.conformance import Declaration, Facts
from ninefold.conformance.source import python_files, read

METER = "from opentelemetry import metrics\nmeter = metrics.get_meter('shop')\n"


def facts_of(folder: Path, files: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Facts:
    """What is read in a folder with these files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
    monkeypatch.chdir(folder)
    return read(python_files(["."]))


def names(facts: Facts) -> list[str]:
    """The names of what is declared, `…` for what is not known of one."""
    return [each.name.shown for each in facts.declarations]


@pytest.mark.parametrize(
    ("before", "given", "name"),
    [
        ("", "'shop.orders'", "shop.orders"),
        ("", "name='shop.orders'", "shop.orders"),
        ("", "'shop' '.orders'", "shop.orders"),
        ("N = 'shop.orders'", "N", "shop.orders"),
        ("N: str = 'shop.orders'", "N", "shop.orders"),
        ("A, B = 'a.a', 'shop.orders'", "B", "shop.orders"),
        ("P = 'shop'", "f'{P}.orders'", "shop.orders"),
        ("P = 'shop'", "f'{P!s}.orders'", "shop.orders"),
        ("P = 'shop'", "P + '.' + 'orders'", "shop.orders"),
        ("P = 'shop'", "'%s.%s' % (P, 'orders')", "shop.orders"),
        ("P = 'shop'", "'%(p)s.orders' % {'p': P}", "shop.orders"),
        ("P = 'shop'", "'100%%.%s' % P", "100%.shop"),
        ("P = 'shop'", "'{}.{}'.format(P, 'orders')", "shop.orders"),
        ("P = 'shop'", "'{0}.{b}'.format(P, b='orders')", "shop.orders"),
        ("P = ['shop', 'orders']", "'.'.join(P)", "shop.orders"),
        ("N = 'SHOP.ORDERS'", "N.lower()", "shop.orders"),
        ("class N:\n    ORDERS = 'shop.orders'", "N.ORDERS", "shop.orders"),
        (
            "import enum\nclass N(str, enum.Enum):\n    ORDERS = 'shop.orders'",
            "N.ORDERS.value",
            "shop.orders",
        ),
        ("class A:\n    N = 'shop.orders'\nclass B(A):\n    pass", "B.N", "shop.orders"),
        ("N = {'orders': 'shop.orders'}", "N['orders']", "shop.orders"),
        ("N = ('shop.carts', 'shop.orders')", "N[1]", "shop.orders"),
        ("def p(n):\n    return f'shop.{n}'", "p('orders')", "shop.orders"),
        ("N = 'shop.orders' if True else 'shop.orders'", "N", "shop.orders"),
        ("N = None\nN = 'shop.orders'", "N", "shop.orders"),
        (
            "from opentelemetry.semconv.metrics import http_metrics as h",
            "h.HTTP_SERVER_REQUEST_DURATION",
            "http.server.request.duration",
        ),
        (
            "from opentelemetry.semconv.metrics import MetricInstruments",
            "MetricInstruments.HTTP_SERVER_DURATION",
            "http.server.duration",
        ),
        # What is not certain is not guessed.
        ("import os", "os.environ['NAME']", "…"),
        ("N = 'a.b' if x else name()", "N", "…"),
        ("N = 'a.b'\nN = 'c.d'", "N", "…"),
        ("N = 'a.b'\nN += 'c'", "N", "…"),
        ("N = N", "N", "…"),
        ("from elsewhere import P", "f'{P}.orders'", "….orders"),
        ("P = 'shop'", "f'{P:>9}.orders'", "….orders"),
        ("", "'%d.orders' % x", "….orders"),
    ],
)
def test_name_of_an_expression(
    before: str,
    given: str,
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name is put together from all parts that the source says; the rest is `…`."""
    text = f"{METER}{before}\nmeter.create_counter({given})\n"
    assert names(facts_of(tmp_path, {"shop.py": text}, monkeypatch)) == [name]


@pytest.mark.parametrize(
    ("line", "constants"),
    [
        ("from shop.names import ORDERS as N", "ORDERS = 'shop.orders'"),
        ("from .names import N", "N = 'shop.orders'"),
        ("from . import names\nN = names.N", "N = 'shop.orders'"),
        ("import shop.names\nN = shop.names.N", "N = 'shop.orders'"),
        ("import shop.names as x\nN = x.N", "N = 'shop.orders'"),
        ("from shop.names import *", "N = 'shop.orders'"),
        ("from .names import Names\nN = Names.N", "class Names:\n    N = 'shop.orders'"),
    ],
)
def test_name_from_another_file(
    line: str, constants: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Constants are followed into the files that they are imported from."""
    files = {
        "shop/__init__.py": "",
        "shop/names.py": constants,
        "shop/metrics.py": f"{METER}{line}\nmeter.create_counter(N)\n",
    }
    assert names(facts_of(tmp_path, files, monkeypatch)) == ["shop.orders"]


def test_name_through_a_package_that_passes_it_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a package imports from its own modules is found under the package's name."""
    files = {
        "src/shop/__init__.py": "from shop.names import N as ORDERS",
        "src/shop/names.py": "N = 'shop.orders'",
        "src/other/metrics.py": f"{METER}from shop import ORDERS\nmeter.create_counter(ORDERS)\n",
    }
    assert names(facts_of(tmp_path, files, monkeypatch)) == ["shop.orders"]


@pytest.mark.parametrize(
    "text",
    [
        # A function, called in another file by its keyword.
        "def make(name, unit='1'):\n    return meter.create_counter(f'shop.{name}', unit=unit)\n",
        # One more function around it.
        (
            "def inner(n):\n    return meter.create_counter(n)\n"
            "def make(name):\n    return inner('shop.' + name)\n"
        ),
        # A class that makes it.
        (
            "class make:\n    def __init__(self, name):\n"
            "        self.counter = meter.create_counter(f'shop.{name}')\n"
        ),
        # A static method under a name of its own.
        (
            "class Shop:\n    @staticmethod\n    def build(name):\n"
            "        return meter.create_counter(f'shop.{name}')\nmake = Shop.build\n"
        ),
    ],
)
def test_name_that_is_given_to_a_wrapper(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function that passes a name on declares nothing itself: its calls do, in any file."""
    files = {
        "wrapper.py": METER + text,
        "use.py": "from wrapper import make\norders = make(name='orders')\ncarts = make('carts')\n",
    }
    facts = facts_of(tmp_path, files, monkeypatch)
    assert names(facts) == ["shop.orders", "shop.carts"]
    assert [each.position.line for each in facts.declarations] == [2, 3]
    assert {each.position.path for each in facts.declarations} == {"use.py"}


def test_wrapper_that_nobody_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is counted, and known not to be resolved: its calls may be in code that is not read."""
    text = METER + "def make(name):\n    return meter.create_counter('shop.' + name)\n"
    (declaration,) = facts_of(tmp_path, {"a.py": text}, monkeypatch).declarations
    assert declaration.name.parts == ("shop.", None)
    assert declaration.name.why == "`name` is a parameter"


def test_method_of_an_object_as_wrapper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A method passes names on as a function does, with what its class knows."""
    text = """
        from prometheus_client import Counter

        class Metrics:
            PREFIX = "shop"

            def __init__(self):
                self.orders = self.counter("orders_total")

            def counter(self, name, *labels):
                return Counter(f"{self.PREFIX}_{name}", "Help.", labels)

        metrics = Metrics()
        carts = metrics.counter("carts_total")
        """
    assert names(facts_of(tmp_path, {"a.py": text}, monkeypatch)) == [
        "shop_orders_total",
        "shop_carts_total",
    ]


def test_helper_of_the_conventions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The semconv package's own functions declare what they are named for."""
    text = f"""{METER}
from opentelemetry.semconv._incubating.metrics.http_metrics import (
    create_http_server_active_requests as make,
)
active = make(meter)
"""
    (declaration,) = facts_of(tmp_path, {"a.py": text}, monkeypatch).declarations
    assert declaration.name.value == "http.server.active_requests"
    assert declaration.unit is not None
    assert declaration.unit.value == "{request}"
    assert declaration.position.line == 7


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("from prometheus_client import Counter\nCounter('a_total', 'h')", "a_total"),
        ("from prometheus_client import Counter as C\nC('a_total', 'h')", "a_total"),
        ("from prometheus_client import Counter\nC = Counter\nC('a_total', 'h')", "a_total"),
        ("import prometheus_client\nprometheus_client.Gauge('a', 'h')", "a"),
        ("import prometheus_client as p\np.Gauge('a', 'h')", "a"),
        ("from prometheus_client.metrics import Gauge\nGauge('a', 'h')", "a"),
        ("from prometheus_client import Gauge\nGauge('a', 'h', namespace='n')", "n_a"),
        (
            "from prometheus_client import Gauge\nGauge('a', 'h', (), 'n', 's', unit='bytes')",
            "n_s_a_bytes",
        ),
        (
            "from prometheus_client import Gauge\nGauge('a_bytes', 'h', unit='bytes')",
            "a_bytes",
        ),
        (
            "from prometheus_client import Counter\nCounter('a_total', 'h', unit='seconds')",
            "a_seconds_total",
        ),
        (
            "from prometheus_client import Gauge\nfrom x import N\nGauge('a', 'h', namespace=N)",
            "…a",
        ),
        (
            "from prometheus_client import Counter\nclass C(Counter):\n    pass\nC('a_total', 'h')",
            "a_total",
        ),
        (
            (
                "from prometheus_client import Counter\nclass C(Counter):\n"
                "    def __init__(self, name):\n        super().__init__('n_' + name, 'h')\nC('a')"
            ),
            "n_a",
        ),
        (
            (
                "from prometheus_client.core import GaugeMetricFamily as G\n"
                "class Collector:\n    def collect(self):\n        yield G('a', 'h', labels=['x'])"
            ),
            "a",
        ),
        (
            (
                "try:\n    from prometheus_client import Gauge\nexcept ImportError:\n"
                "    class Gauge:\n        pass\nGauge('a', 'h')"
            ),
            "a",
        ),
        ("from prometheus_client import *\nGauge('a', 'h')", "a"),
        (
            "from prometheus_client import Gauge\nKW = {'namespace': 'n'}\nGauge('a', 'h', **KW)",
            "n_a",
        ),
    ],
)
def test_prometheus_client(
    text: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its classes are known under every name, and the client's own suffix is in the name."""
    assert names(facts_of(tmp_path, {"a.py": text}, monkeypatch)) == [name]


@pytest.mark.parametrize(
    "text",
    [
        "from collections import Counter\nimport prometheus_client\nCounter('words')",
        "import prometheus_client\nfrom typing import Counter\nCounter('words')",
        "from enum import Enum\nimport prometheus_client\nclass A(Enum):\n    X = 1\nA('x')",
        "import prometheus_client\nclass Counter:\n    pass\nCounter('words')",
        "import prometheus_client\ndef f(Counter):\n    Counter('words')",
        "from prometheus_client import Counter\nfrom collections import Counter\nCounter('x')",
        "import prometheus_client\nfrom other import Summary\nSummary('text')",
        "from dash import factory\nfactory.create_counter('words')",
        "import opentelemetry\n'text'.create_counter('words')",
    ],
)
def test_others_of_the_same_name(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`collections.Counter` and whatever else is called so is no metric: imports decide."""
    assert names(facts_of(tmp_path, {"a.py": text}, monkeypatch)) == []


def only(facts: Facts) -> Declaration:
    """The only declaration."""
    (declaration,) = facts.declarations
    return declaration


def test_parts_of_a_declaration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unit, description, boundaries and the meter's name are read, with their places."""
    text = """
        from opentelemetry.metrics import get_meter
        import math
        UNIT = "s"
        BOUNDS = [0.1 * 5, 1, math.inf]
        wait = get_meter("shop").create_histogram(
            "shop.wait", UNIT, "Zeit — wartend",
            explicit_bucket_boundaries_advisory=BOUNDS,
        )
        """
    found = only(facts_of(tmp_path, {"a.py": text}, monkeypatch))
    assert found.unit is not None
    assert found.description is not None
    assert found.buckets is not None
    assert found.scope is not None
    assert (found.unit.value, found.description.value) == ("s", "Zeit — wartend")
    assert found.buckets.bounds == (0.5, 1.0)
    assert found.scope.value == "shop"
    assert (found.description.position.line, found.description.position.column) == (7, 24)
    assert found.description.position.end_column == 40  # characters, not bytes


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
@pytest.mark.parametrize("before", ["", "\f", "\ufeff", "# \u2028 é\n"])
def test_lines_are_those_of_the_parser(
    end: str, before: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However lines end, a metric is found, and so is the comment on its line."""
    text = f"{before}{METER}é = 1; meter.create_counter(\n  'é', 'x')  # noqa: NF-U202\n"
    (tmp_path / "a.py").write_bytes(text.replace("\n", end).encode())
    monkeypatch.chdir(tmp_path)
    facts = read(["a.py"])
    (found,) = facts.declarations
    (suppression,) = facts.suppressions
    lines = ast.parse(text.replace("\n", end).encode()).body[-1].end_lineno
    assert found.unit is not None
    assert (found.name.position.line, suppression.position.line) == (lines, lines)
    assert (found.name.position.column, found.unit.position.column) == (3, 8)


def test_call_over_a_continued_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is called may stand on the line before its parenthesis."""
    text = f"{METER}meter.create_counter \\\n    ('shop.orders')\n"
    assert names(facts_of(tmp_path, {"a.py": text}, monkeypatch)) == ["shop.orders"]


def test_parts_that_may_be_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind `**` there may be anything: what is not seen is not known, rather than absent."""
    text = f"{METER}meter.create_counter('a.b', **options)\n"
    found = only(facts_of(tmp_path, {"a.py": text}, monkeypatch))
    assert found.unit is not None
    assert found.unit.value is None
    assert found.description is not None


def test_metric_of_ninefold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A metric of a catalogue like ninefold's own is a declaration."""
    text = """
        from ninefold.registry import CounterMetric, Metric
        ORDERS: CounterMetric = Metric(
            name="shop.orders", kind="counter", unit="{order}", description="Orders.",
            attributes=("shop.kind",),
        )
        """
    found = only(facts_of(tmp_path, {"a.py": text}, monkeypatch))
    assert (found.api, found.kind, found.name.value) == ("ninefold", "counter", "shop.orders")
    assert found.labels is not None
    assert [each.value for each in found.labels.names or ()] == ["shop.kind"]


def test_nothing_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the code that is read nor what it imports is ever imported."""
    mark = tmp_path / "mark"
    run = f"open({str(mark)!r}, 'w').close()\n"
    files = {
        "names.py": f"{run}N = 'shop.orders'\n",
        "a.py": f"{run}{METER}from names import N\nmeter.create_counter(N)\n",
    }
    assert names(facts_of(tmp_path, files, monkeypatch)) == ["shop.orders"]
    assert not mark.exists()


@pytest.mark.parametrize(
    ("data", "place", "says"),
    [
        (b"import prometheus_client\nx = (\n", (2, 5), "never closed"),
        (b"import prometheus_client\nx = 'a'\0", (2, 8), "null bytes"),
        (b"x = 1\n\0", (2, 1), "null bytes"),
        ("import prometheus_client\n".encode("utf-16"), (1, 1), "in UTF-16"),
        (b"import prometheus_client\nx = '\xff'\n", (2, 6), "0xff is not UTF-8"),
        (b"import prometheus_client\n# caf\xe9\n", (2, 6), "0xe9 is not UTF-8"),
        (b"# coding: klingon\nimport prometheus_client\n", (1, 1), "unknown encoding: klingon"),
        (b"\xef\xbb\xbf# coding: latin-1\nimport prometheus_client\n", (1, 1), "with BOM"),
        (b"import prometheus_client\n" + b"-" * 100_000 + b"1", (1, 1), "nested too deeply"),
        (b"import prometheus_client\nx = " + b"(" * 10_000, (2, 205), "too many nested"),
        (b"import prometheus_client\nx" + b".a" * 30_000, (1, 1), "nested too deeply"),
        (b"import prometheus_client\nx = 1" + b"+1" * 30_000, (1, 1), "nested too deeply"),
        (b"import prometheus_client\nx = " + b"9" * 10_000, (2, 1), "4300 digits"),
    ],
)
def test_file_that_cannot_be_read(
    data: bytes,
    place: tuple[int, int],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is told with its place, and the others are read."""
    (tmp_path / "bad.py").write_bytes(data)
    text = "from prometheus_client import Gauge\nGauge('a', 'h')"
    facts = facts_of(tmp_path, {"good.py": text}, monkeypatch)
    assert names(facts) == ["a"]
    (unread,) = facts.unread
    at = unread.position
    assert (at.path, at.line, at.column) == ("bad.py", *place)
    assert says in unread.why


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"\xef\xbb\xbf{}", (2, 7)),
        (b"# coding: latin-1\n# \xe9\n{}", (4, 7)),
        (b"# \xc3\xa9\n{}", (3, 7)),
        (b"\x0c{}", (2, 7)),
        (b"x = '" + b"a" * 10_000_000 + b"'\n{}", (3, 7)),
    ],
    ids=["mark", "declared", "utf-8", "form feed", "long line"],
)
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["lf", "crlf", "cr"])
def test_file_that_is_odd(
    data: bytes,
    place: tuple[int, int],
    end: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What Python reads is read, with its places, whatever its encoding and the ends of lines."""
    text = b"from prometheus_client import Gauge\nGauge('a', 'h')\n"
    (tmp_path / "odd.py").write_bytes(data.replace(b"{}", text).replace(b"\n", end))
    facts = facts_of(tmp_path, {}, monkeypatch)
    assert facts.unread == ()
    (found,) = facts.declarations
    assert (found.name.position.line, found.name.position.column) == place


CALLS = "".join(f"def f{i + 1}(): return f{i}() + f{i}()\n" for i in range(30))
SQUARES = "".join(f"x{i + 1} = x{i} * x{i}\n" for i in range(18))
TEN = "'aaaaaaaaaa'"


@pytest.mark.parametrize(
    "text",
    [
        f"def f0(): return 'a'\n{CALLS}n = f30()\n",
        f"a = {TEN}\nb = a.replace('a', a)\nc = b.replace('a', b)\nd = c.replace('a', c)\nn = d\n",
        f"a = {TEN}.join([{', '.join([TEN] * 300)}])\nn = a.join([{', '.join('a' * 300)}])\n",
        f"x0 = 9999999999\n{SQUARES}n = str(x18)\n",
    ],
    ids=["calls", "replaced", "joined", "squares"],
)
def test_what_grows_without_end(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Source that would make a text of any length, or take any time, is given up in both."""
    text = f"from prometheus_client import Gauge\n{text}Gauge(n, 'h')\nGauge('a', 'h')\n"
    facts = facts_of(tmp_path, {"a.py": text}, monkeypatch)
    assert [each.is_resolved for each in facts.declarations] == [False, True]


def test_folders_of_others_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Environments, caches and what is built are not looked at unless they are named."""
    text = "from prometheus_client import Gauge\nGauge('a', 'h')"
    skipped = [".venv/a.py", "node_modules/a.py", "build/a.py", "__pycache__/a.py", "mine/a.py"]
    files = dict.fromkeys((*skipped, "shop/a.py"), text) | {"mine/pyvenv.cfg": ""}
    assert facts_of(tmp_path, files, monkeypatch).files == 1
    assert list(python_files(["build"])) == ["build/a.py"]
    with pytest.raises(FileNotFoundError):
        list(python_files(["nowhere.py"]))


@pytest.mark.parametrize("library", ["lib/python3.12/site-packages", "Lib/site-packages"])
@pytest.mark.parametrize("place", [".venv", "elsewhere"])
def test_constant_of_an_environment(
    library: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is installed for the project is read, also where the checker is installed apart."""
    environment = tmp_path / place
    names_of = environment / library / "shop_names"
    names_of.mkdir(parents=True)
    (names_of / "__init__.py").write_text("ORDERS = 'shop.orders'\n", encoding="utf-8")
    if place == ".venv":
        monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    else:
        monkeypatch.setenv("VIRTUAL_ENV", str(environment))
    project = tmp_path if place == ".venv" else tmp_path / "project"
    project.mkdir(exist_ok=True)
    (project / "a.py").write_text(
        f"from shop_names import ORDERS\n{METER}meter.create_counter(ORDERS)\n", encoding="utf-8"
    )
    monkeypatch.chdir(project)
    assert names(read(["a.py"])) == ["shop.orders"]
