"""What is known of names: the conventions' facts, and a project's own registry over them."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninefold.conformance._facts import Unread
from ninefold.conformance._rule import Registry
from ninefold.conformance.registry import Known, conventions, with_project
from ninefold.conformance.registry._known import is_one_edit
from ninefold.registry._facts import load_facts


def _project(folder: Path, text: str, name: str = "shop.yaml") -> tuple[Known, tuple[Unread, ...]]:
    (folder / name).write_text(dedent(text), encoding="utf-8")
    return with_project([folder])


def _where(unread: Unread) -> tuple[str, int, int, str]:
    return (
        Path(unread.position.path).name,
        unread.position.line,
        unread.position.column,
        unread.why,
    )


def test_the_facts_are_the_packages() -> None:
    """What the checker knows is the file that the catalogue is made from, with its version."""
    known: Registry = conventions()
    facts = load_facts()
    assert known.version == facts.tag
    assert set(known.metrics) == set(facts.metrics)
    assert set(known.attributes) == set(facts.attributes)
    assert known.metric("http.server.duration") is None
    assert conventions().own is None


def test_every_successor_is_live() -> None:
    """A chain of renames ends at a name that is not deprecated, or at none."""
    known = conventions()
    facts = load_facts()
    for name in {*facts.metrics, *facts.renamed_metrics}:
        successor = known.successor(name)
        assert successor is None or "deprecated" not in facts.metrics[successor]
    for key in {*facts.attributes, *facts.renamed_attributes}:
        successor = known.attribute_successor(key)
        assert successor is None or "deprecated" not in facts.attributes[successor]


@pytest.mark.parametrize(
    ("name", "successor"),
    [
        ("http.server.duration", "http.server.request.duration"),
        ("rpc.server.duration", "rpc.server.call.duration"),
        ("messaging.publish.duration", "messaging.client.operation.duration"),
        # Was renamed once and lives again.
        ("system.cpu.time", None),
        ("gen_ai.client.token.usage", None),
        ("rpc.server.request.size", None),
        ("shop.orders", None),
    ],
)
def test_successors(name: str, successor: str | None) -> None:
    """A rename is followed, a change of unit too; moved, obsolete and unknown names have none."""
    assert conventions().successor(name) == successor


def test_circles_end() -> None:
    """Names that were renamed into one another have no successor."""
    known = Known(
        lambda: {
            "tag": "v1",
            "metrics": {},
            "attributes": {},
            "renamed_metrics": {"a.b": "c.d", "c.d": "a.b"},
            "renamed_attributes": {},
        }
    )
    assert known.successor("a.b") is None


@pytest.mark.parametrize(
    ("stored", "name"),
    [
        ("http_server_request_duration_seconds", "http.server.request.duration"),
        ("system_cpu_time_seconds_total", "system.cpu.time"),
        ("http_server_active_requests", "http.server.active_requests"),
        ("rpc_server_duration_milliseconds", "rpc.server.duration"),
        ("http_server_duration_milliseconds", "http.server.duration"),
        ("http_server_duration", "http.server.duration"),
        ("http_server_request_duration", "http.server.request.duration"),
        ("http.server.request.duration", "http.server.request.duration"),
        ("http.server.request.duration_seconds", "http.server.request.duration"),
        ("http_server_request_duration_milliseconds", None),
        ("process_cpu_seconds_total", None),
        ("shop_orders_total", None),
    ],
)
def test_names_as_prometheus_stores_them(stored: str, name: str | None) -> None:
    """A stored name leads back to the convention's, whether that is live or old."""
    assert conventions().of_prometheus(stored) == name


@pytest.mark.parametrize(
    ("stored", "found"),
    [
        (
            "http_server_request_duration_milliseconds",
            ("http.server.request.duration", "milliseconds"),
        ),
        ("http_server_request_duration_seconds", None),
        ("http_server_request_duration_checkout", None),
        ("http_server_duration_milliseconds", None),
        ("shop_request_milliseconds", None),
    ],
)
def test_names_with_another_unit(stored: str, found: tuple[str, str] | None) -> None:
    """A convention's stored name with another unit at its end is known as that."""
    assert conventions().of_prometheus_in_other_unit(stored) == found


@given(
    word=st.text("abc._", max_size=6),
    other=st.text("abc._", max_size=6),
)
def test_one_edit(word: str, other: str) -> None:
    """One letter more, less, other or swapped: what trying them all finds is found, and no more."""
    tried = {word[:at] + word[at + 1 :] for at in range(len(word))}
    tried |= {word[:at] + letter + word[at:] for at in range(len(word) + 1) for letter in "abc._"}
    tried |= {word[:at] + letter + word[at + 1 :] for at in range(len(word)) for letter in "abc._"}
    tried |= {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)}
    assert is_one_edit(word, other) == (other in tried - {word})


def test_separators_never_lead_astray() -> None:
    """A live key with underscores for its dots is told as that key, and never as another."""
    known = conventions()
    live = [key for key in known.attributes if "deprecated" not in (known.attribute(key) or {})]
    for key in live:
        assert known.near(key.replace(".", "_")) in (key, None)


def test_an_attribute_of_a_template() -> None:
    """A template speaks for all keys that begin with it, and for nothing beside them."""
    known = conventions()
    assert known.attribute("http.request.header.x-forwarded-for") is not None
    assert known.attribute("http.request.headers") is None
    assert known.attribute("nothing.of.this.kind") is None


FIRST = """\
groups:
  - id: registry.shop
    type: attribute_group
    brief: What is sold.
    attributes:
      - id: shop.kind
        type:
          members:
            - {id: new, value: new, brief: New., stability: stable}
            - {id: used, value: used, brief: Used., stability: stable}
        brief: Kind of goods.
        stability: stable
      - id: shop.tier
        type: int
        brief: Tier.
        stability: development
        deprecated: {reason: renamed, renamed_to: shop.kind, note: said better}
  - id: attributes.shop.common
    type: attribute_group
    brief: Common.
    attributes:
      - ref: shop.kind
        requirement_level: required
      - ref: shop.tier
  - id: metric.shop.orders
    type: metric
    metric_name: shop.orders
    brief: Orders.
    instrument: counter
    unit: "{order}"
    stability: stable
    extends: attributes.shop.common
    attributes:
      - ref: error.type
        requirement_level: {conditionally_required: it failed}
  - id: metric.http.server.request.duration
    type: metric
    metric_name: http.server.request.duration
    brief: Ours.
    instrument: histogram
    unit: 1
    stability: development
  - id: metric.shop.sales
    type: metric
    metric_name: shop.sales
    brief: Sales.
    instrument: counter
    unit: "{order}"
    stability: stable
    deprecated: {reason: renamed, renamed_to: shop.orders}
"""

SECOND = """\
file_format: definition/2
attributes:
  - key: shop.kind
    type:
      members:
        - {id: new, value: new, brief: New., stability: stable}
        - {id: used, value: used, brief: Used., stability: stable}
    brief: Kind of goods.
    stability: stable
  - key: shop.tier
    type: int
    brief: Tier.
    stability: development
    deprecated: {reason: renamed, renamed_to: shop.kind, note: said better}
attribute_groups:
  - id: attributes.shop.common
    visibility: internal
    attributes:
      - ref: shop.kind
        requirement_level: required
      - ref: shop.tier
metrics:
  - name: shop.orders
    brief: Orders.
    instrument: counter
    unit: "{order}"
    stability: stable
    attributes:
      - ref_group: attributes.shop.common
      - ref: error.type
        requirement_level: {conditionally_required: it failed}
  - name: http.server.request.duration
    brief: Ours.
    instrument: histogram
    unit: 1
    stability: development
  - name: shop.sales
    brief: Sales.
    instrument: counter
    unit: "{order}"
    stability: stable
    deprecated: {reason: renamed, renamed_to: shop.orders}
"""


@pytest.mark.parametrize("text", [FIRST, SECOND], ids=["first-format", "second-format"])
def test_a_projects_registry_is_merged(tmp_path: Path, text: str) -> None:
    """Both of Weaver's formats say the same; what the project says replaces the conventions'."""
    known, unread = _project(tmp_path, text)
    assert unread == ()
    assert known.own == frozenset({"shop.orders", "shop.sales", "http.server.request.duration"})
    assert known.metric("shop.orders") == {
        "instrument": "counter",
        "unit": "{order}",
        "stability": "stable",
        "attributes": {
            "shop.kind": "required",
            "shop.tier": "recommended",
            "error.type": "conditionally_required",
        },
    }
    assert known.metric("http.server.request.duration") == {
        "instrument": "histogram",
        "unit": "1",
        "stability": "development",
    }
    assert known.attribute("shop.kind") == {"type": ["new", "used"], "stability": "stable"}
    assert known.attribute_successor("shop.tier") == "shop.kind"
    assert known.successor("shop.sales") == "shop.orders"
    # The conventions are still there, and were not changed.
    assert known.metric("db.client.operation.duration") is not None
    assert conventions().metric("http.server.request.duration") != known.metric(
        "http.server.request.duration"
    )


def test_ninefolds_own_registry_is_read() -> None:
    """The registry of this project is read whole, though it is kept for another tool."""
    folder = Path(__file__).resolve().parents[3] / "conformance/registry"
    known, unread = with_project([folder])
    assert unread == ()
    assert known.own is not None
    assert "ninefold.dependency.call.duration" in known.own


@pytest.mark.parametrize(
    ("text", "line", "column", "why"),
    [
        ("groups: ]", 1, 9, "is not YAML"),
        ("groups:\n\t- id: x\n", 2, 1, "is not YAML"),
        ("", 1, 1, "is empty"),
        ("- 1\n", 1, 1, "must be a mapping with groups or metrics"),
        (
            "groups:\n  - id: a\n    type: metrc\n    metric_name: a.b\n",
            3,
            11,
            "a group's type must be one of Weaver's, got 'metrc'; did you mean metric?",
        ),
        ("title: x\n", 1, 1, "no registry: it has neither groups nor metrics"),
        ("metrics:\n  - name: a.b\n    instrument: timer\n", 3, 17, "the instrument of 'a.b' must"),
        ("metrics:\n  - name: a.b\n    unit: s\n", 2, 5, "the instrument of 'a.b' must be one of"),
        ("metrics:\n  - instrument: gauge\n", 2, 5, "a metric without its name"),
        ("attributes:\n  - key: a.b\n", 2, 5, "an attribute without its type"),
        (
            "metrics:\n  - name: a.b\n    instrument: gauge\n    attributes:\n    - ref: no.such\n",
            5,
            7,
            "'a.b' refers to 'no.such', which nothing declares",
        ),
    ],
)
def test_what_cannot_be_read_is_told(
    tmp_path: Path, text: str, line: int, column: int, why: str
) -> None:
    """What is wrong in a file has its position, and the other files are read nevertheless."""
    (tmp_path / "good.yaml").write_text(FIRST, encoding="utf-8")
    (tmp_path / "wrong.yaml").write_text(text, encoding="utf-8")
    known, [unread] = with_project([tmp_path])
    name, at_line, at_column, said = _where(unread)
    assert (name, at_line, at_column) == ("wrong.yaml", line, column)
    assert why in said
    assert known.metric("shop.orders") is not None


def test_groups_that_stand_on_one_another(tmp_path: Path) -> None:
    """A circle of groups is told, not followed for ever."""
    _, [unread] = _project(
        tmp_path,
        """\
        groups:
          - {id: a, type: attribute_group, extends: b}
          - {id: b, type: attribute_group, extends: a}
          - {id: m, type: metric, metric_name: x.y, instrument: gauge, unit: s, extends: a}
        """,
    )
    assert "stands on itself" in unread.why


def test_not_utf8_and_not_there(tmp_path: Path) -> None:
    """Bytes that are no text, and a path without a file, are told."""
    (tmp_path / "bytes.yaml").write_bytes(b"groups:\n  - id: \xff\n")
    (tmp_path / "empty").mkdir()
    _, unread = with_project([tmp_path, tmp_path / "none.yaml", tmp_path / "empty"])
    assert sorted(each.why for each in unread) == [
        "is not UTF-8",
        "the folder holds no *.yaml of a registry",
        "there is no such file or folder",
    ]


def test_an_anchor_used_often_is_read_once(tmp_path: Path) -> None:
    """Anchors within anchors, the way to blow a reader up, cost one reading each."""
    lines = ["groups: []", "a0: &a0 [x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 60)]
    known, unread = _project(tmp_path, "\n".join(lines))
    assert unread == ()
    assert known.own == frozenset()
