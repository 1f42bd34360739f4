"""Where metrics are recorded, and with which attributes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from ninefold.conformance._facts import Attribute, Declaration, Method, Text, Use, Value
from ninefold.conformance.source._declare import Arguments
from ninefold.conformance.source._scopes import FUNCTIONS
from ninefold.conformance.source._values import (
    Const,
    Func,
    Instrument,
    Map,
    Node,
    Seq,
)

if TYPE_CHECKING:
    from ninefold.conformance.source._evaluate import Evaluator
    from ninefold.conformance.source._scopes import Scope

RECORDS: Final = frozenset(
    {"add", "record", "set", "inc", "dec", "observe", "labels", "add_metric"}
)
"""The methods by which something is recorded."""
_OPENTELEMETRY: Final[dict[str, Method]] = {"add": "add", "record": "record", "set": "set"}
_PROMETHEUS: Final[dict[str, Method]] = {
    "inc": "inc", "dec": "dec", "observe": "observe", "set": "set",
}  # fmt: skip


def use_of(evaluator: Evaluator, node: ast.Call, scope: Scope) -> Use | None:
    """The use that a call of one of `RECORDS` is; None where it is not of a metric."""
    function = node.func
    if not isinstance(function, ast.Attribute):
        return None
    instrument = evaluator.value(function.value, scope)
    if not isinstance(instrument, Instrument):
        return None
    declaration = instrument.declaration
    position = scope.module.position(node)
    name = function.attr
    if declaration.api in ("opentelemetry", "ninefold"):
        if name not in _OPENTELEMETRY or declaration.api == "ninefold":
            return None
        args = Arguments(evaluator, node, scope, ("amount", "attributes"))
        given = args.node("attributes")
        attributes, complete = (
            attributes_of(evaluator, given.node, given.scope)
            if given is not None
            else ((), not args.is_open)
        )
        return Use(
            declaration=declaration,
            method=_OPENTELEMETRY[name],
            position=position,
            attributes=attributes,
            is_complete=complete,
            amount=_amount(args),
        )
    if name in ("labels", "add_metric"):
        attributes, complete = labels_of(evaluator, node, scope, declaration)
        return Use(
            declaration=declaration,
            method="labels",
            position=position,
            attributes=attributes,
            is_complete=complete,
        )
    if name not in _PROMETHEUS:
        return None
    args = Arguments(evaluator, node, scope, ("amount",))
    return Use(
        declaration=declaration,
        method=_PROMETHEUS[name],
        position=position,
        attributes=instrument.attributes or (),
        is_complete=instrument.complete,
        amount=_amount(args),
    )


def _amount(args: Arguments) -> float | None:
    found = args.value("amount")
    if isinstance(found, Const) and isinstance(found.value, (int, float)):
        return float(found.value)
    return None


def labels_of(
    evaluator: Evaluator, node: ast.Call, scope: Scope, declaration: Declaration
) -> tuple[tuple[Attribute, ...], bool]:
    """The labels that `labels(…)` gives; a value too many has an unknown key."""
    names = declaration.labels.names if declaration.labels is not None else ()
    given: list[ast.expr] = []
    complete = True
    is_family = isinstance(node.func, ast.Attribute) and node.func.attr == "add_metric"
    positional = node.args
    if is_family:
        first = node.args[0] if node.args else None
        values = None if first is None else evaluator.value(first, scope)
        if not isinstance(values, Seq) or not values.complete:
            return (), False
        return tuple(
            Attribute(
                _key(evaluator, names, index, each), evaluator.described(each.node, each.scope)
            )
            for index, each in enumerate(values.items)
        ), True
    for each in positional:
        if isinstance(each, ast.Starred):
            complete = False
            break
        given.append(each)
    found = [
        Attribute(
            _key(evaluator, names, index, Node(each, scope)), evaluator.described(each, scope)
        )
        for index, each in enumerate(given)
    ]
    for keyword in node.keywords:
        if keyword.arg is not None:
            position = evaluator.position(keyword.value, scope)
            found.append(
                Attribute(Text((keyword.arg,), position), evaluator.described(keyword.value, scope))
            )
            continue
        mapping = evaluator.value(keyword.value, scope)
        if isinstance(mapping, Map):
            found.extend(_pairs(evaluator, mapping))
            complete = complete and mapping.complete
        else:
            complete = False
    return tuple(found), complete


def _key(evaluator: Evaluator, names: tuple[Text, ...] | None, index: int, each: Node) -> Text:
    position = evaluator.position(each.node, each.scope)
    if names is not None and index < len(names):
        name = names[index]
        return Text(name.parts, position, name.why, name.unknown)
    return Text((None,), position, "there is no such label", (Value("other", position),))


def attributes_of(
    evaluator: Evaluator, node: ast.expr, scope: Scope
) -> tuple[tuple[Attribute, ...], bool]:
    """The attributes that an expression gives, and whether these are all."""
    found = evaluator.value(node, scope)
    if found == Const(None):
        return (), True
    if not isinstance(found, Map):
        return (), False
    pairs = tuple(_pairs(evaluator, found))
    complete = found.complete
    if isinstance(node, ast.Name):
        for each in scope.chain():
            if node.id in each.bindings:
                stores = each.stores(node.id)
                if stores:
                    complete = False
                    extra = Map(tuple((Node(k, each), Node(v, each)) for k, v in stores))
                    pairs += tuple(_pairs(evaluator, extra))
                if isinstance(each.node, FUNCTIONS):
                    complete = False  # a dict of its own may be changed by what it is given to
                break
    return pairs, complete


def _pairs(evaluator: Evaluator, mapping: Map) -> Iterator[Attribute]:
    for key, value in mapping.items:
        yield Attribute(
            evaluator.text(key.node, key.scope), evaluator.described(value.node, value.scope)
        )


def callback_uses(
    evaluator: Evaluator, node: ast.Call, scope: Scope, declaration: Declaration
) -> Iterator[Use]:
    """What the callbacks of an observable instrument observe."""
    given = Arguments(evaluator, node, scope, ("name", "callbacks")).node("callbacks")
    callbacks = None if given is None else evaluator.value(given.node, given.scope)
    if not isinstance(callbacks, Seq):
        return
    for each in callbacks.items:
        function = evaluator.value(each.node, each.scope)
        if not isinstance(function, Func) or not function.scope.module.is_read:
            continue
        inner = function.scope.module.child(function.node, function.scope)
        for part in ast.walk(function.node):
            if not isinstance(part, ast.Call):
                continue
            callee = part.func
            name = callee.attr if isinstance(callee, ast.Attribute) else getattr(callee, "id", "")
            if name != "Observation":
                continue
            args = Arguments(evaluator, part, inner, ("amount", "attributes"))
            attributes = args.node("attributes")
            pairs, complete = (
                attributes_of(evaluator, attributes.node, attributes.scope)
                if attributes is not None
                else ((), not args.is_open)
            )
            yield Use(
                declaration=declaration,
                method="callback",
                position=inner.module.position(part),
                attributes=pairs,
                is_complete=complete,
                amount=_amount(args),
            )
