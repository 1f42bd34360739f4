"""A507 and A508: attributes without bound, and such as tell something of a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from ninefold.conformance._cardinality import (
    Sureness,
    key_without_bound,
    personal_key,
    personal_value,
    value_without_bound,
)
from ninefold.conformance._facts import Facts, Position, Value
from ninefold.conformance._finding import Found, Severity
from ninefold.conformance._rule import Context, rule

_JudgeKey: TypeAlias = Callable[[str], Sureness | None]
_JudgeValue: TypeAlias = Callable[[Value], tuple[Sureness, str] | None]


@rule(
    "A507",
    "unbounded-attribute",
    "E",
    about="run",
    source="instrumentation score, MET-001; Prometheus, naming: labels",
)
def unbounded_attribute(facts: Facts, context: Context) -> Iterator[Found]:
    """An attribute's values have no bound: ids, raw paths, texts of exceptions.

    An error where it is certain: a key such as `user_id`, a fresh UUID, an f-string around an id. A
    warning where it is likely.

    ## Why

    Every combination of values is a series that is kept in memory, stored and paid for. One id per
    request fills a store within hours, or the SDK's limit, after which everything lands in one
    overflow series. What identifies a single event belongs on a span or in a log.

    ## Bad

    ```python
    orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
    orders.add(1, {"shop.user_id": user.id})
    ```

    ## Use instead

    ```python
    orders = meter.create_counter("shop.orders", unit="{order}", description="Orders placed.")
    orders.add(1, {"shop.user_kind": "guest"})
    ```
    """
    yield from _judged(
        facts,
        context,
        key_without_bound,
        value_without_bound,
        ("names something without bound", "has no bound"),
        "leave it out, or put it on a span or in a log",
        unless=personal_key,
    )


@rule(
    "A508",
    "personal-attribute",
    "E",
    about="run",
    source="ninefold; OpenTelemetry, handling sensitive data",
)
def personal_attribute(facts: Facts, context: Context) -> Iterator[Found]:
    """An attribute tells something of a person, or is secret.

    An error for what is certain (`email`, `password`), a warning for what is likely (`username`,
    `client_ip`).

    ## Why

    Metrics are kept for months, are copied to many places and are open to many eyes; nothing in
    them can be deleted on request. They need no person: a count of persons will do.

    ## Bad

    ```python
    logins = meter.create_counter("shop.logins", unit="{login}", description="Logins.")
    logins.add(1, {"shop.email": user.email})
    ```

    ## Use instead

    ```python
    logins = meter.create_counter("shop.logins", unit="{login}", description="Logins.")
    logins.add(1, {"shop.login_method": "password"})
    ```
    """
    yield from _judged(
        facts,
        context,
        personal_key,
        personal_value,
        ("names something of a person or a secret", "is of a person or secret"),
        "leave it out",
        unless=None,
    )


def _judged(
    facts: Facts,
    context: Context,
    judge_key: _JudgeKey,
    judge_value: _JudgeValue,
    says: tuple[str, str],
    remedy: str,
    *,
    unless: _JudgeKey | None,
) -> Iterator[Found]:
    for declaration in facts.declarations:
        if declaration.labels is None or declaration.api in ("exposition", "ninefold"):
            continue
        for name in declaration.labels.names or ():
            key = name.value
            if key is None or (unless is not None and unless(key) is not None):
                continue
            sure = judge_key(key)
            if sure is not None:
                yield Found(
                    name.position,
                    f"the label {key!r} {says[0]}",
                    remedy,
                    severity=_severity(sure),
                    metric=declaration.name.shown,
                )
    for use in facts.uses:
        registered = context.registry.metric(use.declaration.name.value or "") or {}
        promised = registered.get("attributes") or {}
        is_labelled = use.declaration.profile == "prometheus"
        for each in use.attributes:
            key = each.key.value
            if (
                each.value.is_known
                or key in promised
                or (unless is not None and key is not None and unless(key) is not None)
            ):
                continue
            # A label is judged where it is declared.
            sure = None if key is None or is_labelled else judge_key(_last(key))
            if sure is not None:
                yield _found(
                    each.key.position,
                    f"the key {key!r} {says[0]}",
                    remedy,
                    sure,
                    use.declaration.name.shown,
                )
                continue
            if is_labelled and key is not None and judge_key(key) is not None:
                continue
            found = judge_value(each.value)
            if found is not None:
                what = "the key" if key is None else f"{key!r}"
                yield _found(
                    each.value.position,
                    f"{what} is set to `{found[1]}`, which {says[1]}",
                    remedy,
                    found[0],
                    use.declaration.name.shown,
                )


def _found(position: Position, message: str, remedy: str, sure: Sureness, metric: str) -> Found:
    return Found(position, message, remedy, severity=_severity(sure), metric=metric)


def _last(key: str) -> str:
    """The key without its namespaces, unless only they make it an id (`user.id`)."""
    last = key.rpartition(".")[2]
    return (
        ".".join(key.split(".")[-2:]) if last in ("id", "path", "url", "query", "address") else last
    )


def _severity(sure: Sureness) -> Severity:
    return "E" if sure == "certain" else "W"
