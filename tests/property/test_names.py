"""What holds for the translation of every name, unit and attribute, whatever is in it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninefold.core import (
    TranslationStrategy,
    label_value,
    prometheus_labels,
    prometheus_name,
    prometheus_unit,
)
from ninefold.core._names import MetricKind
from ninefold.core._units import PER_WORDS, UNIT_WORDS
from ninefold.errors import ConfigurationError

_METRIC_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")

# Half of it close to what people write, half of it anything.
_words = st.sampled_from(
    ["http", "server", "total", "ratio", "bytes", "seconds", "per", "second", "2xx", "__", ".."]
)
_written = st.lists(_words, min_size=1, max_size=5).flatmap(
    lambda words: st.sampled_from([".", "_", "-", ""]).map(lambda joint: joint.join(words))
)
_names = st.one_of(_written, st.text(max_size=20))
_sides = st.one_of(st.sampled_from([*UNIT_WORDS, "{request}", ""]), st.text(max_size=6))
_units = st.one_of(
    _sides, st.tuples(_sides, st.sampled_from([*PER_WORDS, "{run}", "^"])).map("/".join)
)
_kinds: st.SearchStrategy[MetricKind] = st.sampled_from(
    ["counter", "updowncounter", "gauge", "histogram"]
)
_values = st.one_of(
    st.text(max_size=8), st.booleans(), st.integers(), st.floats(), st.lists(st.text(max_size=3))
)
_attributes = st.dictionaries(_names, _values, max_size=6)


def _translated(
    name: str, unit: str, kind: MetricKind, strategy: TranslationStrategy
) -> str | None:
    try:
        return prometheus_name(name, unit, kind, strategy=strategy)
    except ConfigurationError:
        return None


@given(name=_names, unit=_units, kind=_kinds)
def test_escaped_name_is_in_the_grammar(name: str, unit: str, kind: MetricKind) -> None:
    """With escaping, whatever is accepted is a name that every Prometheus accepts."""
    for strategy in TranslationStrategy:
        translated = _translated(name, unit, kind, strategy)
        if translated is not None and strategy.has_underscores:
            assert _METRIC_NAME.fullmatch(translated)


@given(name=_names, unit=_units, kind=_kinds)
def test_name_with_suffixes_is_stable(name: str, unit: str, kind: MetricKind) -> None:
    """A translated name translates to itself: no suffix is ever said twice."""
    strategy = TranslationStrategy.UNDERSCORES_WITH_SUFFIXES
    translated = _translated(name, unit, kind, strategy)
    if translated is not None:
        assert _translated(translated, unit, kind, strategy) == translated
        assert "__" not in translated


@given(name=_names, unit=_units)
def test_counter_ends_in_total_once(name: str, unit: str) -> None:
    """A counter's name has one `total`, and it comes last."""
    translated = _translated(name, unit, "counter", TranslationStrategy.UNDERSCORES_WITH_SUFFIXES)
    if translated is not None and "total" not in prometheus_unit(unit).split("_"):
        assert translated.split("_")[-1] == "total"
        assert translated.split("_").count("total") == 1


@given(name=st.text(min_size=1), unit=_units, kind=_kinds)
def test_no_translation_changes_nothing(name: str, unit: str, kind: MetricKind) -> None:
    """Without translation a name is itself, whatever its unit and kind."""
    assert prometheus_name(name, unit, kind, strategy=TranslationStrategy.NO_TRANSLATION) == name


@given(attributes=_attributes)
def test_labels_are_in_the_grammar_and_lose_nothing(attributes: dict[str, object]) -> None:
    """Every label is a valid name, and every value that has text is found in some label."""
    labels = prometheus_labels(attributes)
    assert all(_LABEL_NAME.fullmatch(label) for label in labels)
    assert list(labels) == sorted(labels)
    everything = "".join(labels.values())
    assert all(label_value(value) in everything for value in attributes.values())


@given(attributes=_attributes)
def test_labels_do_not_depend_on_order(attributes: dict[str, object]) -> None:
    """The order in which attributes were given does not show."""
    backwards = dict(reversed(attributes.items()))
    assert prometheus_labels(attributes) == prometheus_labels(backwards)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (b"\x00\xff", "AP8="),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        ({"b": [b"\x01", None]}, '{"b":["AQ==",null]}'),
        ("\ud800", "?"),
        (complex(1, 2), "(1+2j)"),
        ([complex(1, 2)], '["(1+2j)"]'),
    ],
)
def test_unusual_value_has_text(value: object, text: str) -> None:
    """Any value has text that UTF-8 can hold."""
    assert label_value(value) == text
