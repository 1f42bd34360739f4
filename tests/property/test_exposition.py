"""Whatever is recorded, a scrape can be parsed and says what was recorded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as from_openmetrics
from prometheus_client.parser import text_string_to_metric_families as from_text

from ninefold.core import prometheus_labels
from ninefold.telemetry._prometheus import PrometheusReader, encoded

_OPENMETRICS = "application/openmetrics-text; version=1.0.0"

# Where prometheus_client's parsers, not Prometheus's, see the end of a line.
_line_ends = "\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
_text = st.text(st.characters(exclude_characters=_line_ends), max_size=8)
_keys = st.one_of(st.sampled_from(["http.route", "a.b", "a_b", "le", "2xx", ".."]), _text)
# 0 and 1 equal False and True: to an SDK that keeps attributes as dictionary keys they are one.
_attributes = st.dictionaries(
    _keys.filter(bool), st.one_of(_text, st.booleans(), st.integers(2, 9)), max_size=3
)
_amounts = st.floats(0, 1e6, allow_subnormal=False)


@dataclass(frozen=True)
class _Use:
    kind: str
    name: str
    unit: str
    description: str
    records: list[tuple[float, dict[str, str | bool | int]]] = field(default_factory=list)


_uses = st.builds(
    _Use,
    kind=st.sampled_from(["counter", "up_down_counter", "gauge", "histogram"]),
    name=st.sampled_from(
        ["a", "a.b", "a_b", "a.count", "total", "bytes_total", "x.seconds", "2"]
    ).map(lambda name: "n" + name if name[0].isdigit() else name),
    unit=st.sampled_from(["", "s", "By", "1", "{request}", "By/s"]),
    description=_text.map(str.strip),
    records=st.lists(st.tuples(_amounts, _attributes), min_size=1, max_size=4),
)


def _exposed(uses: Iterable[_Use]) -> PrometheusReader:
    reader = PrometheusReader()
    resource = Resource({"service.name": "shop"})
    provider = MeterProvider([reader], resource=resource, shutdown_on_exit=False)
    for number, use in enumerate(uses):
        # A scope each: an instrument made twice in one scope is the SDK's own warning.
        meter = provider.get_meter(f"scope {number}")
        instrument = getattr(meter, f"create_{use.kind}")(use.name, use.unit, use.description)
        method = {"gauge": "set", "histogram": "record"}.get(use.kind, "add")
        for amount, attributes in use.records:
            getattr(instrument, method)(amount, attributes)
    return reader


_Series = tuple[str, list[tuple[str, str]], float]


def _series(family: Metric) -> list[_Series]:
    return sorted(
        (one.name, sorted(one.labels.items()), float(one.value)) for one in family.samples
    )


def _shape(families: Iterable[Metric]) -> dict[str, tuple[str, str, str, list[_Series]]]:
    return {one.name: (one.type, one.unit, one.documentation, _series(one)) for one in families}


@given(uses=st.lists(_uses, max_size=4))
def test_openmetrics_parses_to_what_was_collected(uses: list[_Use]) -> None:
    """The strict parser of OpenMetrics accepts the exposition and reads the same families."""
    reader = _exposed(uses)
    families = reader.families()
    body, _ = encoded(families, _OPENMETRICS)
    assert _shape(from_openmetrics(body.decode())) == _shape(families)


@given(uses=st.lists(_uses, max_size=4))
def test_text_parses_to_what_was_collected(uses: list[_Use]) -> None:
    """The parser of the text format reads the same series, and each of them once."""
    reader = _exposed(uses)
    families = reader.families()
    body, _ = encoded(families)
    parsed = list(from_text(body.decode()))
    lines = [(name, labels) for family in parsed for name, labels, _ in _series(family)]
    assert all(lines.count(line) == 1 for line in lines)
    # The text format knows no info: `target` is a gauge there, and has its suffix.
    collected = {one.name.replace("target", "target_info"): _series(one) for one in families}
    assert {one.name: _series(one) for one in parsed} == collected


@given(
    records=st.lists(st.tuples(st.integers(0, 1_000), _attributes), min_size=1, max_size=12),
    find=st.sampled_from([("counter", "_total", float), ("histogram", "_sum", float)]),
)
def test_no_record_is_lost(
    records: list[tuple[int, dict[str, str | bool | int]]],
    find: tuple[str, str, Callable[[int], float]],
) -> None:
    """Every record is in the total of exactly the series that its labels name."""
    kind, suffix, number = find
    expected: dict[tuple[tuple[str, str], ...], float] = defaultdict(float)
    # Labels that Prometheus keeps for itself get another name; tests/unit/telemetry looks at that.
    kept = [
        (number(amount), attributes)
        for amount, attributes in records
        if not any(
            label == "le" or label.startswith("__") for label in prometheus_labels(attributes)
        )
    ]
    for amount, attributes in kept:
        expected[tuple(prometheus_labels(attributes).items())] += amount
    reader = _exposed([_Use(kind, "orders", "", "", kept)])
    actual = {
        tuple(sorted(sample.labels.items())): sample.value
        for family in reader.families()
        for sample in family.samples
        if sample.name == f"orders{suffix}"
    }
    assert actual == dict(expected)
