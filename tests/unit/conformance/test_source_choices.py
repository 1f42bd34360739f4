"""A name that is one of several is read as each of them, where all of them are known."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from ninefold.conformance import Facts
from ninefold.conformance.source import python_files, read

METER = "from opentelemetry import metrics\nmeter = metrics.get_meter('shop')\n"
BOTH = ["shop.orders", "shop.carts"]


def facts_of(folder: Path, files: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Facts:
    """What is read in a folder with these files."""
    for name, text in files.items():
        (folder / name).write_text(dedent(text), encoding="utf-8")
    monkeypatch.chdir(folder)
    return read(python_files(["."]))


def names(facts: Facts) -> list[str]:
    """The names of what is declared, `…` for what is not known of one."""
    return [each.name.shown for each in facts.declarations]


@pytest.mark.parametrize(
    "text",
    [
        "for n in ('shop.orders', 'shop.carts'):\n    meter.create_counter(n)",
        "for n in ['orders', 'carts']:\n    meter.create_counter(f'shop.{n}')",
        "for n in ['orders', 'carts']:\n    full = 'shop.' + n\n    meter.create_counter(full)",
        "for n in ['SHOP.ORDERS', 'SHOP.CARTS']:\n    meter.create_counter(n.lower())",
        "N = ['shop.orders', 'shop.carts']\nfor n in N:\n    meter.create_counter(n)",
        "for n, d in (('shop.orders', 'O'), ('shop.carts', 'C')):\n    meter.create_counter(n, d)",
        "for n in {'shop.orders': 1, 'shop.carts': 2}:\n    meter.create_counter(n)",
        "for n in {'shop.orders': 1, 'shop.carts': 2}.keys():\n    meter.create_counter(n)",
        "for n in {1: 'shop.orders', 2: 'shop.carts'}.values():\n    meter.create_counter(n)",
        (
            "T = {'shop.orders': ('s', 'O'), 'shop.carts': ('1', 'C')}\n"
            "for n, (u, d) in T.items():\n    meter.create_counter(n, u, d)"
        ),
        "for i, n in enumerate(('shop.orders', 'shop.carts')):\n    meter.create_counter(n)",
        (
            "for n, u in zip(('shop.orders', 'shop.carts'), ('1', '1')):\n"
            "    meter.create_counter(n, u)"
        ),
        "for n in dict.fromkeys(['shop.orders', 'shop.carts']):\n    meter.create_counter(n)",
        "for s in ({'n': 'orders'}, {'n': 'carts'}):\n    meter.create_counter(f\"shop.{s['n']}\")",
        "made = [meter.create_counter(n) for n in ('shop.orders', 'shop.carts')]",
        "made = {n: meter.create_counter(n) for n in ('shop.orders', 'shop.carts')}",
        "made = [meter.create_counter(n) for n in ('shop.orders', 'shop.carts', 'x') if n != 'x']",
        "for n in [f'shop.{n}' for n in ('orders', 'carts')]:\n    meter.create_counter(n)",
        (
            "def setup(meter):\n    for n in ('shop.orders', 'shop.carts'):\n"
            "        meter.create_counter(n)"
        ),
        # Two loops with one variable.
        (
            "for n in ('shop.orders',):\n    meter.create_counter(n)\n"
            "for n in ('shop.carts',):\n    meter.create_counter(n)"
        ),
        # One loop within another.
        (
            "for p in ('shop', ):\n    for n in ('orders', 'carts'):\n"
            "        meter.create_counter(f'{p}.{n}')"
        ),
        # Lists that grow.
        "N = ['shop.orders']\nN.append('shop.carts')\nfor n in N:\n    meter.create_counter(n)",
        "N = ['shop.orders']\nN += ['shop.carts']\nfor n in N:\n    meter.create_counter(n)",
        "N = []\nN.extend(('shop.orders', 'shop.carts'))\nfor n in N:\n    meter.create_counter(n)",
        # The members of an enum.
        (
            "from enum import Enum\nclass N(Enum):\n    ORDERS = 'orders'\n    CARTS = 'carts'\n"
            "for n in N:\n    meter.create_counter(f'shop.{n.value}')"
        ),
        (
            "import enum\nclass N(enum.StrEnum):\n    ORDERS = 'shop.orders'\n"
            "    CARTS = 'shop.carts'\nmade = [meter.create_counter(n) for n in list(N)]"
        ),
        # Attributes that are named in a table.
        (
            "class N:\n    ORDERS = 'shop.orders'\n    CARTS = 'shop.carts'\n"
            "for n in ('ORDERS', 'CARTS'):\n    meter.create_counter(getattr(N, n))"
        ),
        # Functions that pass a name on, on either side.
        (
            "def make(n):\n    return meter.create_counter(f'shop.{n}')\n"
            "for n in ('orders', 'carts'):\n    make(n)"
        ),
        (
            "def make_counters(names):\n    for n in names:\n        meter.create_counter(n)\n"
            "make_counters(['shop.orders', 'shop.carts'])"
        ),
        (
            "def make_counters(p):\n    for n in ('orders', 'carts'):\n"
            "        meter.create_counter(f'{p}.{n}')\nmake_counters('shop')"
        ),
        # Alternatives.
        "meter.create_counter('shop.orders' if x else 'shop.carts')",
        "meter.create_counter('shop.' + ('orders' if x else 'carts'))",
        "n = 'shop.orders' if x else 'shop.carts'\nmeter.create_counter(n)",
        ("if x:\n    n = 'shop.orders'\nelse:\n    n = 'shop.carts'\nmeter.create_counter(n)"),
        (
            "if x:\n    n = 'shop.orders'\n    meter.create_counter(n)\n"
            "else:\n    n = 'shop.carts'\n    meter.create_counter(n)"
        ),
        # What only some of them are.
        (
            "for n, k in (('shop.orders', 'c'), ('shop.carts', 'c'), ('shop.x', 'g')):\n"
            "    if k == 'c':\n        meter.create_counter(n)"
        ),
        (
            "for n in ('shop.orders', 'shop.x', 'shop.carts'):\n"
            "    if n in ('shop.x',):\n        continue\n    meter.create_counter(n)"
        ),
        (
            "for n in ('shop.orders', 'shop.carts'):\n"
            "    if n not in known:\n        known[n] = meter.create_counter(n)"
        ),
    ],
)
def test_each_of_several(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each member that a loop goes through is a declaration, and so is each alternative."""
    assert names(facts_of(tmp_path, {"shop.py": METER + text}, monkeypatch)) == BOTH


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("for n in names:\n    meter.create_counter(n)", "…"),
        ("for n in ('shop.orders', name()):\n    meter.create_counter(n)", "…"),
        ("N = ['a.b']\nN.append(name())\nfor n in N:\n    meter.create_counter(n)", "…"),
        ("N = ['a.b']\nN.pop()\nfor n in N:\n    meter.create_counter(n)", "…"),
        ("for n in ('a.b', 'c.d'):\n    n += x\n    meter.create_counter(n)", "…"),
        # Which of them it is for is only known when it runs.
        (
            "for n in ('a.b', 'c.d'):\n    if is_wanted(n):\n        meter.create_counter(n)",
            "…",
        ),
        (
            (
                "for n in ('a.b', 'c.d'):\n    kinds = kinds_of(n)\n    if 'c' in kinds:\n"
                "        meter.create_counter(n)"
            ),
            "…",
        ),
        ("class N:\n    A = 'a.b'\nfor n in N:\n    meter.create_counter(n)", "…"),
        ("if x:\n    n = 'a.b'\nelse:\n    n = name()\nmeter.create_counter(n)", "…"),
        ("if x:\n    n = 'a.b'\n    n = 'c.d'\nmeter.create_counter(n)", "…"),
        (f"for n in {[f'a.b{n}' for n in range(65)]}:\n    meter.create_counter(n)", "…"),
    ],
)
def test_not_all_are_known(
    text: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where one of the names is not known, or there are too many, none of them is guessed."""
    assert names(facts_of(tmp_path, {"shop.py": METER + text}, monkeypatch)) == [name]


def test_places_of_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name stands where its literal does, and what all of them lack where the API is called."""
    text = (
        METER
        + "for n in (\n    'orders',\n    'carts',\n):\n    meter.create_counter('shop.' + n)\n"
    )
    found = facts_of(tmp_path, {"shop.py": text}, monkeypatch).declarations
    assert [each.name.position.line for each in found] == [4, 5]
    assert [each.position.line for each in found] == [7, 7]
    assert {each.lacking.line for each in found} == {7}
    assert {each.lacking.column for each in found} == {26}


def test_members_of_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list is found where it is imported from, and its members are told there."""
    files = {
        "names.py": "NAMES = ['shop.orders', 'shop.carts']\n",
        "shop.py": METER
        + "from names import NAMES\nfor n in NAMES:\n    meter.create_counter(n)\n",
    }
    found = facts_of(tmp_path, files, monkeypatch).declarations
    assert [each.name.value for each in found] == BOTH
    assert [each.name.position.path for each in found] == ["names.py"] * 2
    assert {each.position.path for each in found} == {"shop.py"}


def test_uses_of_what_a_loop_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is recorded in the loop is recorded on each of its metrics."""
    text = METER + (
        "for n in ('shop.orders', 'shop.carts'):\n"
        "    counter = meter.create_counter(n)\n    counter.add(1, {'kind': n})\n"
    )
    uses = facts_of(tmp_path, {"shop.py": text}, monkeypatch).uses
    assert [each.declaration.name.value for each in uses] == BOTH
    assert [[a.key.value for a in each.attributes] for each in uses] == [["kind"]] * 2


@pytest.mark.parametrize(
    "text",
    [
        "make = functools.partial(meter.create_counter, unit='s')",
        "make = functools.partial(meter.create_counter, unit='By')\n",
        "from functools import partial\nmake = partial(meter.create_counter, unit='s')",
    ],
)
def test_partial_of_a_meter(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`functools.partial` gives arguments ahead; those of the call win over them."""
    use = "make('shop.orders', unit='s')\nmake(description='C', name='shop.carts', unit='s')\n"
    text = f"import functools\n{METER}{text}\n{use}"
    found = facts_of(tmp_path, {"shop.py": text}, monkeypatch).declarations
    assert [each.name.value for each in found] == BOTH
    assert [each.unit and each.unit.value for each in found] == ["s", "s"]
    assert [each.position.line for each in found] == [each.name.position.line for each in found]
    assert found[1].description is not None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            "make = partial(prometheus_client.Counter, namespace='shop')\nmake('orders', 'H')",
            "shop_orders",
        ),
        (
            "from prometheus_client import Gauge\nmake = partial(Gauge, 'orders')\nmake('H')",
            "orders",
        ),
        (
            (
                "from prometheus_client import Gauge\nmake_gauge = partial(Gauge, subsystem='a')\n"
                "two = partial(make_gauge, namespace='shop')\ntwo('orders', 'H')"
            ),
            "shop_a_orders",
        ),
        (
            (
                "from prometheus_client import Gauge\n"
                "def gauge(name, unit=''):\n    return Gauge(f'shop_{name}', 'H', unit=unit)\n"
                "make_gauge = partial(gauge, unit='seconds')\nmake_gauge('wait')"
            ),
            "shop_wait_seconds",
        ),
    ],
)
def test_partial_of_classes_and_functions(
    text: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Classes of prometheus_client, other partials and functions are given arguments ahead too."""
    text = f"import prometheus_client\nfrom functools import partial\n{text}\n"
    assert names(facts_of(tmp_path, {"shop.py": text}, monkeypatch)) == [name]


@pytest.mark.parametrize(
    "calls",
    [
        "",
        "counter(given(), given())\n",
        "counter(given(), '')\ncounter(given(), 'A text.')\n",
        "def f(name):\n    counter(name, 'A text.')\n",
        "def f(names):\n    for n in names:\n        counter(n, '')\nf(given())\nf(given())\n",
    ],
)
def test_wrapper_without_literals(
    calls: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is one metric of which nothing is known, rather than one without a description."""
    text = (
        f"{METER}def counter(name, desc):\n"
        f"    return meter.create_counter(name, description=desc)\n{calls}"
    )
    (found,) = facts_of(tmp_path, {"shop.py": text}, monkeypatch).declarations
    assert found.name.parts == (None,)
    assert found.description is not None


def test_calls_that_tell_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call of a wrapper is told on its own where it knows a part of the name, or the unit."""
    text = (
        f"{METER}def counter(name, unit):\n    return meter.create_counter(name, unit=unit)\n"
        "counter(given(), 'secs')\ncounter('shop.' + given(), given())\n"
    )
    found = facts_of(tmp_path, {"shop.py": text}, monkeypatch).declarations
    assert [each.position.line for each in found] == [5, 6]


@pytest.mark.parametrize("index", ["-3", "2", "'x'", "-1_000_000"])
def test_what_is_beyond_a_turn_is_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, index: str
) -> None:
    """An index that no element has gives no name, and no error of ours."""
    text = METER + "for row in [('shop.a', 'x'), ('shop.b', 'y')]:\n"
    text += f"    meter.create_counter(row[{index}])\n"
    found = facts_of(tmp_path, {"a.py": text}, monkeypatch)
    assert names(found) == ["\u2026"]
    text = text.replace(f"row[{index}]", "row[-2]")
    assert sorted(names(facts_of(tmp_path, {"a.py": text}, monkeypatch))) == ["shop.a", "shop.b"]


def test_what_cannot_be_spread_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`**` of what is no mapping fails when it runs; to read it does not."""
    text = METER + "meter.create_counter('shop.orders', **(1, 2))\n"
    assert names(facts_of(tmp_path, {"a.py": text}, monkeypatch)) == ["shop.orders"]
