"""A file of objectives gives objectives, or says what is wrong: whatever stands in it."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from ninefold.errors import ConfigurationError
from ninefold.sli import Objective
from ninefold.slo.openslo import Loaded, read

SLO: dict[str, Any] = {
    "apiVersion": "openslo/v1",
    "kind": "SLO",
    "metadata": {
        "name": "promise",
        "displayName": "Promise",
        "labels": {"team": ["payments"]},
        "annotations": {
            "ninefold/sli": "http.latency",
            "ninefold/route": "/checkout",
            "ninefold/threshold": "0.3",
            "ninefold/min-bad-events": "7",
        },
    },
    "spec": {
        "description": "words",
        "service": "checkout",
        "indicator": {
            "metadata": {"name": "latency"},
            "spec": {
                "ratioMetric": {
                    "counter": True,
                    "good": {
                        "metricSource": {
                            "type": "ninefold",
                            "spec": {
                                "sli": "http.latency",
                                "route": ["/checkout"],
                                "threshold": 0.3,
                            },
                        }
                    },
                }
            },
        },
        "timeWindow": [{"duration": "28d", "isRolling": True}],
        "budgetingMethod": "Timeslices",
        "objectives": [
            {
                "op": "lte",
                "value": 0.3,
                "target": 0.99,
                "timeSliceTarget": 0.9,
                "timeSliceWindow": "1m",
            }
        ],
        "alertPolicies": [{"alertPolicyRef": "page"}],
    },
}


def _places(value: object, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield at
    inside = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        inside = enumerate(value)  # type: ignore[assignment]
    for key, each in inside:
        yield from _places(each, (*at, key))


def _with(place: tuple[str | int, ...], value: object) -> object:
    if not place:
        return value
    document: Any = copy.deepcopy(SLO)
    inside = document
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = value
    return document


WORDS = ["", "-1", "0.5", "1e999", "/x", "28d", "1M", "ninefold", "quality", "journey", "SLI", "lt"]
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**300, max_value=10**310)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(WORDS)
    | st.dates()
    | st.datetimes()
    | st.binary(max_size=4)
)
values = st.recursive(
    scalars,
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(st.text(max_size=5) | st.integers() | st.sampled_from(WORDS), inside)
    ),
    max_leaves=6,
)


@contextmanager
def _file(content: bytes) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "objectives.yaml"
        path.write_bytes(content)
        yield str(path)


def _read(content: bytes) -> Loaded | None:
    """What is read, or None where it is refused, with the name of the file."""
    with _file(content) as file:
        try:
            return read([file], service="checkout")
        except ConfigurationError as error:
            told = str(error)
    assert told.startswith(file)
    return None


def test_the_document_that_is_varied_is_a_sound_one() -> None:
    """Otherwise the other tests would only ever see the first of its mistakes."""
    loaded = _read(yaml.safe_dump(SLO).encode())
    assert isinstance(loaded, Loaded)
    assert len(loaded.slos) == 1


@given(st.sampled_from(list(_places(SLO))), values)
def test_any_value_in_any_place_is_read_or_told(
    place: tuple[str | int, ...], value: object
) -> None:
    """Nothing but `ConfigurationError` comes out, and what is accepted is an objective."""
    loaded = _read(yaml.safe_dump(_with(place, value)).encode())
    if loaded is not None:
        assert all(isinstance(slo.objective, Objective) for slo in loaded.slos)


@given(st.sampled_from(list(_places(SLO))[1:]))
def test_any_field_may_be_missing(place: tuple[str | int, ...]) -> None:
    """A field that is left out is optional, or asked for."""
    document: Any = copy.deepcopy(SLO)
    inside = document
    for key in place[:-1]:
        inside = inside[key]
    del inside[place[-1]]
    _read(yaml.safe_dump(document).encode())


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8")))
def test_any_bytes_are_read_or_told(content: bytes) -> None:
    """What is no YAML, or no text, is told as such."""
    _read(content)


@given(st.lists(st.sampled_from(list("{}[]:-&*!|>'\"%@,?# \n\ta1.~<")), max_size=25).map("".join))
def test_any_yaml_syntax_is_read_or_told(text: str) -> None:
    """Anchors, tags, merges and flow collections, whole or broken."""
    _read(text.encode())
