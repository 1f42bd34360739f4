"""What an OpenTelemetry metric and its attributes are called in Prometheus.

One translation for everything that speaks of stored series: the exposition, generated rules, the
checker. Sources: OpenTelemetry specification, compatibility/prometheus_and_openmetrics.md, and,
where that is silent, what Prometheus 3 does when it receives OTLP (prometheus/otlptranslator).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Literal, TypeAlias

from ninefold.core._units import split_unit
from ninefold.errors import ConfigurationError

MetricKind: TypeAlias = Literal["counter", "updowncounter", "gauge", "histogram"]

_TOKEN = re.compile(r"[A-Za-z0-9:]+")
_TOKEN_OR_UNDERSCORES = re.compile(r"[A-Za-z0-9:_]+")
_NOT_LABEL = re.compile(r"[^A-Za-z0-9]+")
_RESERVED_LABEL = re.compile(r"__(.*)__", re.DOTALL)


class TranslationStrategy(StrEnum):
    """How OpenTelemetry names become Prometheus names: Prometheus 3's `translation_strategy`.

    The values are spelled as in Prometheus's configuration file. Its default, and ours, is
    `UNDERSCORES_WITH_SUFFIXES`: `process.cpu.time` in `s` is `process_cpu_time_seconds_total`.
    """

    UNDERSCORES_WITH_SUFFIXES = "UnderscoreEscapingWithSuffixes"
    UNDERSCORES_WITHOUT_SUFFIXES = "UnderscoreEscapingWithoutSuffixes"
    UTF8_WITH_SUFFIXES = "NoUTF8EscapingWithSuffixes"
    NO_TRANSLATION = "NoTranslation"

    @property
    def has_underscores(self) -> bool:
        """Whether what is not a letter, a digit or an underscore becomes an underscore."""
        return self in (self.UNDERSCORES_WITH_SUFFIXES, self.UNDERSCORES_WITHOUT_SUFFIXES)


def prometheus_name(
    name: str,
    unit: str,
    kind: MetricKind,
    *,
    strategy: TranslationStrategy = TranslationStrategy.UNDERSCORES_WITH_SUFFIXES,
) -> str:
    """The name under which Prometheus stores the metric `name`.

    `unit` is UCUM. A histogram's series append `_bucket`, `_sum` and `_count` to what is returned.
    A suffix that the name has already is not added again, and a counter's `_total` comes last.

    Raises `ConfigurationError` for a name of which nothing is left.
    Source: OpenTelemetry specification, compatibility/prometheus_and_openmetrics.md.

    >>> prometheus_name("http.server.request.duration", "s", "histogram")
    'http_server_request_duration_seconds'
    >>> prometheus_name("bytes_total", "By", "counter")
    'bytes_total'
    >>> utf8 = TranslationStrategy.UTF8_WITH_SUFFIXES
    >>> prometheus_name("ninefold.sli.events", "{event}", "counter", strategy=utf8)
    'ninefold.sli.events_total'
    """
    match strategy:
        case TranslationStrategy.NO_TRANSLATION:
            result = name
        case TranslationStrategy.UTF8_WITH_SUFFIXES:
            result = _with_suffixes(name, unit, kind) if name else ""
        case TranslationStrategy.UNDERSCORES_WITHOUT_SUFFIXES:
            result = _never_digit_first("_".join(_TOKEN_OR_UNDERSCORES.findall(name)))
        case _:
            result = _tokens_with_suffixes(name, unit, kind)
    if result != name and strategy.has_underscores and not result.strip("_"):
        result = ""
    if not result:
        raise ConfigurationError(
            f"metric name must have a letter or digit for Prometheus, got {name!r}; "
            "name it as in 'checkout.orders'"
        )
    return result


def prometheus_label(
    key: str,
    *,
    strategy: TranslationStrategy = TranslationStrategy.UNDERSCORES_WITH_SUFFIXES,
) -> str:
    """The label that Prometheus makes of the attribute `key`.

    Runs of other characters than letters and digits become one underscore; a leading digit gets the
    prefix `key_`; `__reserved__` keys keep their two pairs of underscores. Without escaping the key
    stays as it is.

    Raises `ConfigurationError` for a key of which only underscores are left.
    Source: OpenTelemetry specification, compatibility/prometheus_and_openmetrics.md.

    >>> prometheus_label("http.response.status_code"), prometheus_label("2xx")
    ('http_response_status_code', 'key_2xx')
    """
    label = _escaped_label(key) if strategy.has_underscores else key
    if not label.strip("_"):
        raise ConfigurationError(
            f"attribute key must have a letter or digit for Prometheus, got {key!r}; "
            "name it as in 'http.route'"
        )
    return label


def prometheus_labels(
    attributes: Mapping[str, object],
    *,
    strategy: TranslationStrategy = TranslationStrategy.UNDERSCORES_WITH_SUFFIXES,
) -> dict[str, str]:
    """The labels, ordered by name, that Prometheus makes of a data point's `attributes`.

    Keys that become one label have their values joined with `;`, in the order of the keys. A value
    without text makes no label: Prometheus holds an empty label for an absent one. A key of which
    only underscores are left becomes `_`, so that its value still tells two series apart.

    Source: OpenTelemetry specification, compatibility/prometheus_and_openmetrics.md,
    "Metric Attributes".

    >>> prometheus_labels({"http.route": "/a", "http.response.status_code": 200})
    {'http_response_status_code': '200', 'http_route': '/a'}
    >>> prometheus_labels({"a_b": "2", "a.b": "1"})
    {'a_b': '1;2'}
    """
    values: dict[str, list[str]] = {}
    for key in sorted(attributes):
        label = _escaped_label(key) if strategy.has_underscores else key
        if not label.strip("_"):
            label = "_"
        values.setdefault(label, []).append(label_value(attributes[key]))
    joined = {label: ";".join(values[label]) for label in sorted(values)}
    return {label: value for label, value in joined.items() if value}


def label_value(value: object) -> str:
    """An attribute's value as a label's text: as it is, or as JSON where it is no string.

    Text that UTF-8 cannot hold (a lone surrogate) has those characters replaced by `?`. None has no
    text. Source: OpenTelemetry specification, common/README.md, "AnyValue representation for
    non-OTLP protocols".

    >>> label_value(True), label_value(0.5), label_value(("a", "b"))
    ('true', '0.5', '["a","b"]')
    """
    match value:
        case None:
            text = ""
        case str():
            text = value
        case bytes():
            text = base64.b64encode(value).decode("ascii")
        case bool() | int() | float():
            text = json.dumps(value)
        case Mapping() | Iterable():
            text = json.dumps(_jsonable(value), ensure_ascii=False, separators=(",", ":"))
        case _:
            text = str(value)
    return text.encode("utf-8", "replace").decode("utf-8")


def _tokens_with_suffixes(name: str, unit: str, kind: MetricKind) -> str:
    parts = _TOKEN.findall(name)
    main, per = (_TOKEN.findall(words) for words in split_unit(unit))
    if per == ["per"]:
        per = []
    ending: list[str] = []
    match kind:
        case "counter":
            parts, ending = [part for part in parts if part != "total"], ["total"]
        case "gauge" if unit == "1":
            parts, ending = [part for part in parts if part != "ratio"], ["ratio"]
        case _:
            pass
    # Prometheus compares single words, so that its `requests_per_second` in `1/s` says it twice.
    # The specification is followed instead: a name that contains the unit keeps it once.
    if per and parts[-len(per) :] == per:
        parts = parts[: -len(per)]
    for words in (main, per):
        if not _contains(parts, words):
            parts = parts + words
    return _never_digit_first("_".join(parts + ending))


def _contains(parts: Sequence[str], words: Sequence[str]) -> bool:
    return any(
        parts[start : start + len(words)] == words for start in range(len(parts) - len(words) + 1)
    )


def _with_suffixes(name: str, unit: str, kind: MetricKind) -> str:
    main, per = split_unit(unit)
    ending = ""
    match kind:
        case "counter":
            name, ending = _without_last(name, "total"), "_total"
        case "gauge" if unit == "1":
            name, ending = _without_last(name, "ratio"), "_ratio"
        case _:
            pass
    if per:
        name, ending = _without_last(name, per), f"_{per}{ending}"
    if main and not name.endswith(main):
        name = f"{name}_{main}"
    return name + ending


def _without_last(name: str, suffix: str) -> str:
    # As Prometheus does it, which takes any one character before the suffix for a delimiter.
    if name.endswith(suffix) and len(name) > len(suffix) + 1:
        return name[: -len(suffix) - 1]
    return name


def _never_digit_first(name: str) -> str:
    return f"_{name}" if name[:1].isdigit() else name


def _escaped_label(key: str) -> str:
    reserved = _RESERVED_LABEL.fullmatch(key)
    if reserved is not None:
        return f"__{_NOT_LABEL.sub('_', reserved[1])}__"
    label = _NOT_LABEL.sub("_", key)
    return f"key_{label}" if label[:1].isdigit() else label


def _jsonable(value: object) -> object:
    match value:
        case str() | bool() | int() | float() | None:
            return value
        case bytes():
            return base64.b64encode(value).decode("ascii")
        case Mapping():
            return {str(key): _jsonable(member) for key, member in value.items()}
        case Iterable():
            return [_jsonable(member) for member in value]
        case _:
            return str(value)
