"""U209 and U210: a unit in a name, and one that contradicts the unit that is declared."""

from __future__ import annotations

from collections.abc import Iterator

from ninefold.conformance._facts import Declaration
from ninefold.conformance._finding import Found, replaced
from ninefold.conformance._rule import Context, rule
from ninefold.conformance._words import UNIT_WORDS, unit_word, words
from ninefold.conformance.ucum import Unit, parse

_SHORTEST_WORD = 4
"""Shorter ones are abbreviations (`ms`, `kb`, `hz`), which stand for other things too."""


@rule(
    "U209",
    "unit-in-name",
    "W",
    fix="unsafe",
    profiles=("otel",),
    source="instrumentation score, MET-005; OpenTelemetry semantic conventions, naming",
)
def unit_in_name(declaration: Declaration, context: Context) -> Iterator[Found]:
    """An OpenTelemetry name says the unit, which the instrument has a place for.

    ## Why

    The unit is metadata of the instrument. On the way to Prometheus it becomes the name's suffix by
    itself: `shop.wait` in `s` is `shop_wait_seconds` there. A name that says it is wrong as soon as
    the unit is mended.

    ## Bad

    ```python
    size = meter.create_histogram("shop.payload_bytes", unit="By", description="Payloads' sizes.")
    ```

    ## Use instead

    ```python
    size = meter.create_histogram("shop.payload.size", unit="By", description="Payloads' sizes.")
    ```
    """
    word = unit_word(declaration.name.value or "")
    if word is None or _is_other(word, declaration):
        return
    if _contradiction(declaration) is None:
        has_unit = declaration.unit is not None
        better = _without(declaration.name.value or "", word) if has_unit else ""
        given = "" if has_unit else f', and give the unit "{UNIT_WORDS[word]}"'
        yield Found(
            declaration.name.position,
            f"the name {declaration.name.value!r} says the unit, {word!r}",
            f"call it {better!r}" if better else f"leave the word out{given}",
            replaced(declaration.name, better, "unsafe") if better else None,
        )


@rule(
    "U210",
    "units-disagree",
    "E",
    source="ninefold",
)
def units_disagree(declaration: Declaration, context: Context) -> Iterator[Found]:
    """The unit in a name contradicts the unit that is declared.

    ## Why

    One of the two is wrong, and whoever reads the name believes it: `latency_ms` that is in seconds
    looks a thousand times too fast.

    ## Bad

    ```python
    waited = meter.create_histogram("shop.wait_ms", unit="s", description="How long one waits.")
    ```

    ## Use instead

    ```python
    waited = meter.create_histogram("shop.wait", unit="s", description="How long one waits.")
    ```
    """
    word = _contradiction(declaration)
    if word is not None and declaration.unit is not None:
        yield Found(
            declaration.name.position,
            f"the name {declaration.name.value!r} says {word!r}, but the unit is"
            f" {declaration.unit.value!r}",
            "mend the one that is wrong",
        )


def _without(name: str, word: str) -> str:
    """The name without the unit at its end; empty where too little would be left of it."""
    short = name[: -len(word)].rstrip("._") if name.lower().endswith(word) else ""
    return short if len(words(short)) > 1 else ""


def _is_other(word: str, declaration: Declaration) -> bool:
    """Whether an abbreviation means something else, as the `kb` of which articles are counted."""
    unit = parse(declaration.unit.value) if declaration.unit and declaration.unit.value else None
    return len(word) < _SHORTEST_WORD and isinstance(unit, Unit) and unit.quantity == "count"


def _contradiction(declaration: Declaration) -> str | None:
    """The word of the name that says another unit than the declared one."""
    unit = declaration.unit
    if unit is None or not unit.value:
        return None
    name = declaration.name.value or ""
    if declaration.profile == "prometheus":
        return _prometheus_contradiction(name, unit.value)
    word = unit_word(name)
    if word is None:
        return None
    said, given = parse(UNIT_WORDS[word]), parse(unit.value)
    if not isinstance(said, Unit) or not isinstance(given, Unit):
        return None
    one, other = said.single, given.single
    if one is None or other is None or "ratio" in (said.quantity, given.quantity):
        return None
    return word if (one.prefix, one.atom) != (other.prefix, other.atom) else None


def _prometheus_contradiction(name: str, unit: str) -> str | None:
    """A word for another unit in front of the one that the client has put at the end."""
    spoken = words(name)
    if spoken and spoken[-1] == "total":
        del spoken[-1]
    last = words(unit)
    before = spoken[: -len(last)] if last and spoken[-len(last) :] == last else []
    if len(last) != 1 or len(before) < 2 or last[0] not in UNIT_WORDS or "per" in spoken:
        return None
    word = before[-1]
    if word in UNIT_WORDS and UNIT_WORDS[word] != UNIT_WORDS[last[0]]:
        return word
    return None
