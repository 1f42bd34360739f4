"""What cannot be meant is refused by setup(), with what it is, the value and the remedy."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import ninefold as nf
from ninefold.service import current

ARGUMENTS: list[tuple[dict[str, Any], list[str]]] = [
    ({"name": ""}, ["name", "''", "1 to 255"]),
    ({"name": " shop"}, ["name", "' shop'", "white space"]),
    ({"name": 7}, ["name", "7", "characters"]),
    ({"version": 1.4}, ["version", "1.4", "characters"]),
    ({"environment": "a\nb"}, ["environment", r"a\nb", "printable"]),
    ({"owner": ["payments"]}, ["owner", "payments", "characters"]),
    ({"namespace": "n" * 256}, ["namespace", "nnn", "1 to 255"]),
    ({"resource": "team=a"}, ["resource", "'team=a'", "mapping"]),
    ({"resource": 7}, ["resource", "7", "mapping"]),
    ({"resource": {"a": object()}}, ["resource", ": a must be", "object", "text, a number"]),
    ({"resource": {"": "x"}}, ["resource", "''", "keys"]),
    ({"prometheus": "perhaps"}, ["prometheus", "'perhaps'", "true or false"]),
    ({"prometheus": 1}, ["prometheus", "1", "true or false"]),
    ({"exclude": "/internal"}, ["exclude", "'/internal'", "['/internal']"]),
    ({"exclude": ["internal"]}, ["exclude", "'internal'", "'/internal'"]),
    ({"exclude": 7}, ["exclude", "7", "list"]),
    ({"exclude": [7]}, ["exclude", "7", "text"]),
    ({"record_headers": "x-tenant"}, ["record_headers", "'x-tenant'", "['x-tenant']"]),
    ({"record_headers": ["x-*"]}, ["record_headers", "'x-*'", "write each name out"]),
    ({"record_headers": ["x tenant"]}, ["record_headers", "'x tenant'", "such as 'x-tenant'"]),
    ({"record_headers": [7]}, ["record_headers", "7", "text"]),
    ({"record_query": "page"}, ["record_query", "'page'", "['page']"]),
    ({"record_query": ["*"]}, ["record_query", "'*'", "write each name out"]),
    ({"record_query": ["page=1"]}, ["record_query", "'page=1'", "no value"]),
    ({"shutdown_timeout": 0}, ["shutdown_timeout", "0", "> 0 seconds"]),
    ({"shutdown_timeout": -1.0}, ["shutdown_timeout", "-1.0", "> 0 seconds"]),
    ({"shutdown_timeout": float("nan")}, ["shutdown_timeout", "nan", "finite"]),
    ({"shutdown_timeout": "soon"}, ["shutdown_timeout", "'soon'", "'5s'"]),
    ({"shutdown_timeout": True}, ["shutdown_timeout", "True", "number"]),
    ({"sampling": 0.1}, ["sampling", "0.1", "nf.Sampling(default=0.1)"]),
    ({"readers": InMemoryMetricReader()}, ["readers", "InMemoryMetricReader", "list"]),
    ({"readers": [InMemorySpanExporter()]}, ["readers", "SpanExporter", "MetricReader"]),
    ({"readers": "reader"}, ["readers", "'reader'", "list"]),
    ({"span_processors": [InMemorySpanExporter()]}, ["span_processors", "BatchSpanProcessor"]),
    ({"span_processors": 7}, ["span_processors", "7", "list"]),
]


@pytest.mark.parametrize(("arguments", "told"), ARGUMENTS, ids=lambda value: str(value)[:40])
def test_a_wrong_argument_is_told(arguments: dict[str, Any], told: list[str]) -> None:
    """The message says what is wrong, with which value, and how to put it right."""
    with pytest.raises(nf.ConfigurationError) as caught:
        nf.setup(**({"name": "shop"} | arguments))
    assert [word for word in told if word not in str(caught.value)] == []
    assert current() is None


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"default": 1.5}, ["default", "between 0 and 1", "1.5"]),
        ({"default": -0.1}, ["default", "between 0 and 1", "-0.1"]),
        ({"default": float("nan")}, ["default", "finite", "nan"]),
        ({"default": "half"}, ["default", "number", "'half'"]),
        ({"default": True}, ["default", "number", "True"]),
        ({"parent": "follow"}, ["parent", "'respect', 'ignore'", "'follow'"]),
        ({"parent": "ignor"}, ["parent", "did you mean 'ignore'?"]),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_wrong_sampling_is_told(arguments: dict[str, Any], told: list[str]) -> None:
    """A share outside [0, 1] and an unknown rule for parents are refused where they are written."""
    with pytest.raises(nf.ConfigurationError) as caught:
        nf.Sampling(**arguments)
    assert [word for word in told if word not in str(caught.value)] == []


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("NINEFOLD_SAMPLING_DEFAULT", "2", ["NINEFOLD_SAMPLING_DEFAULT", "2", "between 0 and 1"]),
        ("NINEFOLD_SHUTDOWN_TIMEOUT", "0", ["NINEFOLD_SHUTDOWN_TIMEOUT", "> 0"]),
        ("NINEFOLD_PROMETHEUS", "perhaps", ["NINEFOLD_PROMETHEUS", "perhaps", "true or false"]),
        ("NINEFOLD_TRACES_EXPORTER", "pigeon", ["traces", "pigeon", "'otlp', 'console'"]),
        ("NINEFOLD_PROPAGATORS", "pigeon", ["pigeon", "tracecontext"]),
        ("NINEFOLD_CONFIG", "nowhere.toml", ["nowhere.toml"]),
    ],
)
def test_a_wrong_variable_of_ours_is_told(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, told: list[str]
) -> None:
    """The environment's mistakes are refused by setup() too, by the variable's own name."""
    monkeypatch.setenv(variable, value)
    with pytest.raises(nf.ConfigurationError) as caught:
        nf.setup("shop")
    assert [word for word in told if word not in str(caught.value)] == []
    assert current() is None
