"""Names, units and labels come out as conformance/vectors/names says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ninefold.core import (
    TranslationStrategy,
    prometheus_label,
    prometheus_labels,
    prometheus_name,
    prometheus_unit,
)
from ninefold.errors import ConfigurationError

_VECTORS = Path(__file__).parents[2] / "conformance" / "vectors" / "names"
_STRATEGIES = {
    "suffixes": TranslationStrategy.UNDERSCORES_WITH_SUFFIXES,
    "plain": TranslationStrategy.UNDERSCORES_WITHOUT_SUFFIXES,
    "utf8": TranslationStrategy.UTF8_WITH_SUFFIXES,
    "as_is": TranslationStrategy.NO_TRANSLATION,
}


def _table(topic: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = yaml.safe_load((_VECTORS / f"{topic}.yaml").read_text("utf-8"))
    return rows


@pytest.mark.parametrize("row", _table("units"), ids=lambda row: repr(row["unit"]))
def test_unit_has_prometheus_word(row: dict[str, Any]) -> None:
    """A UCUM unit is worded as Prometheus words it."""
    assert prometheus_unit(row["unit"], ratio=row.get("ratio", False)) == row["word"]


@pytest.mark.parametrize("column", _STRATEGIES)
@pytest.mark.parametrize("row", _table("metrics"), ids=lambda row: f"{row['name']}-{row['unit']}")
def test_metric_name_follows_strategy(row: dict[str, Any], column: str) -> None:
    """Each translation strategy of Prometheus 3 gives the name that the table states."""
    expected = row.get(column, row["name"])
    if expected is None:
        with pytest.raises(ConfigurationError, match="must have a letter or digit"):
            prometheus_name(row["name"], row["unit"], row["kind"], strategy=_STRATEGIES[column])
    else:
        actual = prometheus_name(
            row["name"], row["unit"], row["kind"], strategy=_STRATEGIES[column]
        )
        assert actual == expected


@pytest.mark.parametrize("column", ["labels", "utf8"])
@pytest.mark.parametrize("row", _table("labels"), ids=lambda row: ",".join(row["attributes"]))
def test_attributes_become_labels(row: dict[str, Any], column: str) -> None:
    """A data point's attributes give exactly the labels that the table states."""
    strategy = _STRATEGIES["utf8" if column == "utf8" else "suffixes"]
    assert prometheus_labels(row["attributes"], strategy=strategy) == row[column]


@pytest.mark.parametrize("key", ["", "__", "..", "ようこそ"])
def test_label_without_letters_is_refused(key: str) -> None:
    """A key of which only underscores would be left is refused, with its value and the remedy."""
    with pytest.raises(ConfigurationError, match=r"must have a letter or digit.*http\.route"):
        prometheus_label(key)


def test_label_stays_as_it_is_without_escaping() -> None:
    """Without escaping a key is its own label."""
    label = prometheus_label("http.route", strategy=TranslationStrategy.NO_TRANSLATION)
    assert label == "http.route"
