"""What a call of one of the known APIs declares."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ninefold.conformance._facts import Buckets, Declaration, Kind, Labels, Text, Value
from ninefold.conformance.source._values import Const, Map, Node, Result, Seq

if TYPE_CHECKING:
    from ninefold.conformance.source._evaluate import Evaluator
    from ninefold.conformance.source._scopes import Scope

OPENTELEMETRY: Final[Mapping[str, Kind]] = {
    "create_counter": "counter",
    "create_up_down_counter": "updowncounter",
    "create_histogram": "histogram",
    "create_gauge": "gauge",
    "create_observable_counter": "counter",
    "create_observable_up_down_counter": "updowncounter",
    "create_observable_gauge": "gauge",
}
"""Methods of a meter."""

PROMETHEUS: Final[Mapping[str, Kind]] = {
    "Counter": "counter",
    "Gauge": "gauge",
    "Histogram": "histogram",
    "Summary": "summary",
    "Info": "info",
    "Enum": "stateset",
    "CounterMetricFamily": "counter",
    "GaugeMetricFamily": "gauge",
    "HistogramMetricFamily": "histogram",
    "SummaryMetricFamily": "summary",
    "InfoMetricFamily": "info",
    "StateSetMetricFamily": "stateset",
    "UnknownMetricFamily": "unknown",
    "UntypedMetricFamily": "unknown",
    "GaugeHistogramMetricFamily": "gaugehistogram",
}
"""Classes of prometheus_client, wherever in it they are imported from."""

_WRAPPERS = ("name", "documentation", "labelnames", "namespace", "subsystem", "unit")
_FAMILIES: Final[Mapping[str, tuple[str, ...]]] = {
    "CounterMetricFamily": ("name", "documentation", "value", "labels", "created", "unit"),
    "SummaryMetricFamily": (
        "name", "documentation", "count_value", "sum_value", "labels", "unit",
    ),
    "HistogramMetricFamily": (
        "name", "documentation", "buckets", "sum_value", "labels", "unit",
    ),
    "GaugeHistogramMetricFamily": (
        "name", "documentation", "buckets", "gsum_value", "labels", "unit",
    ),
}  # fmt: skip
_FAMILY = ("name", "documentation", "value", "labels", "unit")
_KINDS: Final[Mapping[str, Kind]] = {
    "counter": "counter",
    "updowncounter": "updowncounter",
    "gauge": "gauge",
    "histogram": "histogram",
}


class Arguments:
    """What a call gives to parameters, by name."""

    def __init__(
        self, evaluator: Evaluator, node: ast.Call, scope: Scope, names: tuple[str, ...]
    ) -> None:
        self._evaluator = evaluator
        self._call = Node(node, scope)
        self._given: dict[str, Node] = {}
        self.is_open = False
        """Whether there may be more, behind `*` or `**`."""
        for index, value in enumerate(node.args):
            if isinstance(value, ast.Starred):
                self.is_open = True
                break
            if index < len(names):
                self._given[names[index]] = Node(value, scope)
        for keyword in node.keywords:
            if keyword.arg is not None:
                self._given[keyword.arg] = Node(keyword.value, scope)
                continue
            mapping = evaluator.value(keyword.value, scope)
            if not isinstance(mapping, Map):
                self.is_open = True
                continue
            self.is_open = self.is_open or not mapping.complete
            for key, value_node in mapping.items:
                name = evaluator.value(key.node, key.scope)
                if isinstance(name, Const) and isinstance(name.value, str):
                    self._given[name.value] = value_node

    def node(self, name: str) -> Node | None:
        """The expression that is given, if one is."""
        return self._given.get(name)

    def value(self, name: str) -> Result | None:
        """What is given, evaluated."""
        found = self._given.get(name)
        return None if found is None else self._evaluator.value(found.node, found.scope)

    def text(self, name: str) -> Text | None:
        """What is given as text; None where nothing is, and unknown where that is not certain."""
        found = self._given.get(name)
        if found is not None:
            value = self._evaluator.value(found.node, found.scope)
            if value == Const(None):
                return None
            return self._evaluator.text(found.node, found.scope, is_name=name == "name")
        return self.unknown(name) if self.is_open else None

    def part(self, name: str) -> Text | None:
        """A part of a name as text; by default, what `*` or `**` might give is not given."""
        if self._evaluator.by_default and name not in self._given:
            return None
        return self.text(name)

    def unknown(self, name: str) -> Text:
        """A text of which nothing is known, in the place of the call."""
        call = self._call
        position = self._evaluator.position(call.node, call.scope)
        return Text((None,), position, f"{name} is given by * or **", (Value("other", position),))

    def labels(self, name: str) -> Labels | None:
        """What is given as names of labels."""
        found = self._given.get(name)
        if found is None:
            return Labels(None, self.unknown(name).position) if self.is_open else None
        position = self._evaluator.position(found.node, found.scope)
        value = self._evaluator.value(found.node, found.scope)
        if value == Const(None):
            return None
        if not isinstance(value, Seq) or not value.complete:
            return Labels(None, position)
        return Labels(
            tuple(self._evaluator.text(each.node, each.scope) for each in value.items), position
        )

    def buckets(self, name: str) -> Buckets | None:
        """What is given as boundaries."""
        found = self._given.get(name)
        if found is None:
            return Buckets(None, self.unknown(name).position) if self.is_open else None
        position = self._evaluator.position(found.node, found.scope)
        value = self._evaluator.value(found.node, found.scope)
        if value == Const(None):
            return None
        bounds: list[float] = []
        items = value.items if isinstance(value, Seq) and value.complete else None
        if items is None or isinstance(found.node, ast.Set):
            return Buckets(None, position)
        for each in items:
            bound = self._evaluator.value(each.node, each.scope)
            number = bound.value if isinstance(bound, Const) else None
            if isinstance(number, (int, float)) and not isinstance(number, bool):
                bounds.append(float(number))
            elif str(getattr(bound, "name", "")).endswith(".inf") or number in ("inf", "+Inf"):
                bounds.append(float("inf"))
            else:
                return Buckets(None, position)
        if bounds and bounds[-1] == float("inf"):
            del bounds[-1]
        return Buckets(tuple(bounds), position)


def opentelemetry(
    evaluator: Evaluator, node: ast.Call, scope: Scope, method: str, meter: Text | None
) -> Declaration | None:
    """An instrument of a meter."""
    observable = method.startswith("create_observable")
    names = ("name", "callbacks", "unit", "description") if observable else (
        "name", "unit", "description",
    )  # fmt: skip
    args = Arguments(evaluator, node, scope, names)
    name = args.text("name")
    if name is None:
        return None
    return Declaration(
        api="opentelemetry",
        kind=OPENTELEMETRY[method],
        name=name,
        position=evaluator.call_position(node, scope),
        branches=evaluator.branches(node, scope),
        callee=method,
        unit=_not_empty(args.text("unit")),
        description=_not_empty(args.text("description")),
        buckets=args.buckets("explicit_bucket_boundaries_advisory"),
        scope=meter,
        observable=observable,
        profile="otel",
    )


def prometheus(evaluator: Evaluator, node: ast.Call, scope: Scope, cls: str) -> Declaration | None:
    """A metric, or a family of a custom collector, of prometheus_client."""
    is_family = cls.endswith("Family")
    names = _FAMILIES.get(cls, _FAMILY) if is_family else _WRAPPERS
    args = Arguments(evaluator, node, scope, names)
    name = args.text("name")
    if name is None:
        return None
    unit = _not_empty(args.text("unit"))
    kind = PROMETHEUS[cls]
    return Declaration(
        api="prometheus_client",
        kind=kind,
        name=_full_name(
            name,
            args.part("namespace"),
            args.part("subsystem"),
            _not_empty(args.part("unit")),
            kind,
        ),
        position=evaluator.call_position(node, scope),
        branches=evaluator.branches(node, scope),
        callee=cls,
        unit=unit,
        description=_not_empty(args.text("documentation")),
        buckets=None if is_family or kind != "histogram" else args.buckets("buckets"),
        labels=args.labels("labels" if is_family else "labelnames"),
        profile="prometheus",
    )


def ninefold(evaluator: Evaluator, node: ast.Call, scope: Scope) -> Declaration | None:
    """A metric of ninefold's catalogue, or of one like it."""
    args = Arguments(evaluator, node, scope, ())
    name, kind = args.text("name"), args.value("kind")
    if name is None or not isinstance(kind, Const):
        return None
    found = _KINDS.get(str(kind.value))
    if found is None:
        return None
    return Declaration(
        api="ninefold",
        kind=found,
        name=name,
        position=evaluator.call_position(node, scope),
        branches=evaluator.branches(node, scope),
        callee="Metric",
        unit=_not_empty(args.text("unit")),
        description=_not_empty(args.text("description")),
        buckets=args.buckets("boundaries"),
        labels=args.labels("attributes"),
        observable=args.value("observable") == Const(True),
        profile="otel",
    )


def _not_empty(text: Text | None) -> Text | None:
    return None if text is not None and text.value == "" else text


def _full_name(
    name: Text, namespace: Text | None, subsystem: Text | None, unit: Text | None, kind: Kind
) -> Text:
    """What prometheus_client makes of the parts of a name; a written `_total` stays."""
    parts: list[str | None] = []
    unknown: list[Value] = []
    why = ""
    for each in (namespace, subsystem, name):
        if each is None or each.value == "":
            continue
        # An unknown namespace takes its underscore with it: it may be empty.
        if parts and parts[-1] is not None:
            parts.append("_")
        parts.extend(each.parts)
        unknown.extend(each.unknown)
        why = why or each.why
    flat: list[str | None] = []
    for part in parts:
        if part is not None and flat and flat[-1] is not None:
            flat[-1] = f"{flat[-1]}{part}"
        else:
            flat.append(part)
    if unit is not None and kind not in ("info", "stateset"):
        last = flat[-1] if flat else ""
        if unit.value is None:
            flat.append(None)
            unknown.extend(unit.unknown)
            why = why or unit.why
        elif last is not None:
            total = "_total" if kind == "counter" and last.endswith("_total") else ""
            bare = last.removesuffix(total) if total else last
            if not bare.endswith(f"_{unit.value}"):
                bare = f"{bare}_{unit.value}"
            flat[-1:] = [bare + total]
    is_literal = name.is_literal and flat == list(name.parts)
    return Text(tuple(flat) or ("",), name.position, why, tuple(unknown), is_literal)
