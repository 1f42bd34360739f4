"""Metric families as their lines are read, and what they declare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from ninefold.conformance._facts import (
    Attribute,
    Declaration,
    Kind,
    Position,
    Text,
    Use,
    Value,
)
from ninefold.conformance.exposition._family import SCOPE, Family
from ninefold.conformance.exposition._line import Metadata, Sample
from ninefold.conformance.exposition._tokens import Token, WrongLine, number

_TEXT_TYPES: Mapping[str, Kind] = MappingProxyType(
    {
        "counter": "counter",
        "gauge": "gauge",
        "histogram": "histogram",
        "summary": "summary",
        "untyped": "unknown",
    }
)
_OPENMETRICS_TYPES: Mapping[str, Kind] = MappingProxyType(
    {
        "counter": "counter",
        "gauge": "gauge",
        "histogram": "histogram",
        "gaugehistogram": "gaugehistogram",
        "summary": "summary",
        "info": "info",
        "stateset": "stateset",
        "unknown": "unknown",
    }
)
# What a series' name has beyond its family's.
_TEXT_SUFFIXES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count")}
)
_OPENMETRICS_SUFFIXES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "counter": ("_total", "_created"),
        "histogram": ("_bucket", "_sum", "_count", "_created"),
        "gaugehistogram": ("_bucket", "_gsum", "_gcount"),
        "summary": ("_sum", "_count", "_created"),
        "info": ("_info",),
    }
)
# OpenMetrics names these families without what all of their series have.
_STORED_SUFFIX: Mapping[str, str] = MappingProxyType({"counter": "_total", "info": "_info"})
_NEVER_BARE = {"counter", "info", "histogram", "gaugehistogram"}
_OWN_LABEL: Mapping[str, str] = MappingProxyType(
    {"histogram": "le", "gaugehistogram": "le", "summary": "quantile"}
)

_TARGET = ("target", "target_info")


class Families:
    """All families of one exposition, filled line by line."""

    def __init__(self, path: str, *, openmetrics: bool) -> None:
        self._path = path
        self._openmetrics = openmetrics
        self._types = _OPENMETRICS_TYPES if openmetrics else _TEXT_TYPES
        self._suffixes = _OPENMETRICS_SUFFIXES if openmetrics else _TEXT_SUFFIXES
        self._families: dict[str, Family] = {}
        self._series: set[tuple[str, frozenset[tuple[str, str]], str]] = set()
        self._last: Family | None = None

    def add(self, part: Metadata | Sample, line: int) -> None:
        """Take one line in; raises `WrongLine` for what contradicts the lines before."""
        family = self._family(part.name, line)
        if self._openmetrics and family is not self._last:
            if family.closed:
                raise WrongLine(
                    part.name.start,
                    part.name.end,
                    f"the lines of {family.name!r} must stand together",
                )
            if self._last is not None:
                self._last.closed = True
            self._last = family
        if isinstance(part, Metadata):
            self._describe(family, part, line)
        else:
            self._sample(family, part, line)

    def facts(self) -> Iterator[tuple[Declaration, tuple[Use, ...]]]:
        """What was declared, in the order of the lines, with the label values that were seen.

        An exposition that OpenTelemetry's exporters make has their mark; its metrics have a scope.
        """
        from_opentelemetry = any(
            family.name in _TARGET or SCOPE in family.labels for family in self._families.values()
        )
        for family in self._families.values():
            if not (family.sampled or family.kind or family.help or family.unit):
                continue
            declaration = family.declaration(from_opentelemetry=from_opentelemetry)
            uses = tuple(
                Use(
                    declaration=declaration,
                    method="set",
                    position=position,
                    attributes=attributes,
                    is_complete=False,
                )
                for position, attributes in family.series
            )
            yield declaration, uses

    def _at(self, line: int, token: Token) -> Position:
        return Position(self._path, line, token.start + 1, line, token.end + 1)

    def _family(self, name: Token, line: int) -> Family:
        found = self._families.get(name.text)
        if found is not None:
            return found
        for suffix in (
            "_count",
            "_sum",
            "_bucket",
            "_total",
            "_created",
            "_info",
            "_gcount",
            "_gsum",
        ):
            if name.text.endswith(suffix):
                family = self._families.get(name.text.removesuffix(suffix))
                if family is not None and suffix in self._suffixes.get(family.kind or "", ()):
                    return family
        made = self._families[name.text] = Family(name.text, self._at(line, name))
        return made

    def _describe(self, family: Family, part: Metadata, line: int) -> None:
        name, text = part.name, part.text
        match part.keyword:
            case "HELP":
                if family.help is not None:
                    raise WrongLine(name.start, name.end, f"{name.text!r} has a HELP line already")
                if text.text:
                    family.help = Text((text.text,), self._at(line, text))
            case "UNIT":
                if family.unit is not None:
                    raise WrongLine(name.start, name.end, f"{name.text!r} has a UNIT line already")
                if text.text and not family.name.endswith(f"_{text.text}"):
                    raise WrongLine(
                        text.start,
                        text.end,
                        f"the name {family.name!r} must end with its unit {text.text!r}",
                    )
                family.unit = Text((text.text,), self._at(line, text))
            case _:
                self._type(family, part, line)

    def _type(self, family: Family, part: Metadata, line: int) -> None:
        name, text = part.name, part.text
        if not text.text:
            return
        if family.kind is not None or family.sampled:
            raise WrongLine(
                name.start,
                name.end,
                f"{name.text!r} has a TYPE line, or samples, already",
            )
        # Prometheus takes any case in its own format.
        word = text.text if self._openmetrics else text.text.lower()
        kind = self._types.get(word)
        if kind is None:
            known = ", ".join(self._types)
            raise WrongLine(
                text.start, text.end, f"the type must be one of {known}, got {text.text!r}"
            )
        family.kind = kind
        family.named = self._at(line, name)
        if self._openmetrics and kind in _STORED_SUFFIX:
            family.stored = family.name + _STORED_SUFFIX[kind]

    def _sample(self, family: Family, sample: Sample, line: int) -> None:
        kind = family.kind or "unknown"
        own = _OWN_LABEL.get(kind, "")
        seen: dict[str, str] = {}
        for key, value in sample.labels:
            if key.text in seen and (key.text != own or self._openmetrics):
                raise WrongLine(key.start, key.end, f"the label {key.text!r} is given twice")
            if key.text == own and number(value.text) is None:
                raise WrongLine(
                    value.start, value.end, f"{own!r} must be a number, got {value.text!r}"
                )
            seen[key.text] = value.text
        if self._openmetrics:
            self._suffix(family, sample)
        family.sampled = True
        if not self._openmetrics and family.kind is None:
            family.kind = "unknown"
        series = (sample.name.text, frozenset(seen.items()), sample.time)
        if series in self._series:
            raise WrongLine(
                sample.name.start,
                sample.name.end,
                f"the series {sample.name.text!r} is given twice",
            )
        self._series.add(series)
        self._learn(family, sample, own, line)

    def _suffix(self, family: Family, sample: Sample) -> None:
        allowed = self._suffixes.get(family.kind or "", ())
        suffix = sample.name.text.removeprefix(family.name)
        if suffix not in allowed and (suffix or family.kind in _NEVER_BARE):
            wanted = " or ".join(f"{family.name}{each}" for each in allowed)
            raise WrongLine(
                sample.name.start,
                sample.name.end,
                f"a series of the {family.kind} {family.name!r} must be {wanted}",
            )
        if sample.exemplar is not None and suffix not in ("_total", "_bucket"):
            raise WrongLine(
                sample.exemplar.start,
                sample.exemplar.end,
                "only counters and buckets of histograms have exemplars",
            )

    def _learn(self, family: Family, sample: Sample, own: str, line: int) -> None:
        new: list[Attribute] = []
        for key, value in sample.labels:
            if key.text == own:
                self._bound(family, sample, value, own, line)
                continue
            pair = (key.text, value.text)
            # Most lines repeat what was seen: this is the loop of a long exposition.
            if pair in family.values:
                continue
            family.values.add(pair)
            where = self._at(line, key)
            family.labels.setdefault(key.text, where)
            literal = Value("literal", self._at(line, value), literal=value.text, is_known=True)
            new.append(Attribute(Text((key.text,), where), literal))
        if new:
            family.series.append((self._at(line, sample.name), tuple(new)))

    def _bound(self, family: Family, sample: Sample, value: Token, own: str, line: int) -> None:
        if family.kind == "summary":
            return
        others = tuple((key.text, each.text) for key, each in sample.labels if key.text != own)
        # The first series speaks for all: the buckets of one family are the same.
        if family.bounded is None:
            family.bounded, family.bounds_at = others, self._at(line, value)
        bound = number(value.text)
        if family.bounded == others and bound is not None and bound != float("inf"):
            family.bounds.append(bound)
