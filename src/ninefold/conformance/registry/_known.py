"""The metrics and attributes that are known, by their OpenTelemetry and their Prometheus names."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache, cached_property
from typing import Any, TypeAlias

Sections: TypeAlias = dict[str, Any]

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SEPARATORS = re.compile(r"[^a-z0-9]+")

# In a shorter key one letter is often all that tells two words apart.
_SHORTEST_MISSPELT = 8


class Known:
    """Metrics and attributes with what is said of them; nothing is read before it is asked for.

    `read` gives the sections of `semconv-facts.json`. `own` are the metrics that the project's
    registry declares; None where it has none.
    """

    def __init__(
        self,
        read: Callable[[], Sections],
        *,
        own: frozenset[str] | None = None,
    ) -> None:
        self._read = read
        self._own = own

    @cached_property
    def _sections(self) -> Sections:
        return self._read()

    @property
    def sections(self) -> Sections:
        """All that is known, for a registry that is merged over it."""
        return self._sections

    @property
    def own(self) -> frozenset[str] | None:
        """The metrics that the project's registry declares; None where it has no registry."""
        return self._own

    @property
    def version(self) -> str:
        """Which conventions these are, as in `v1.44.0`."""
        return str(self._sections["tag"])

    @property
    def metrics(self) -> Iterable[str]:
        """The names of all metrics."""
        metrics: Mapping[str, Any] = self._sections["metrics"]
        return metrics.keys()

    @property
    def attributes(self) -> Iterable[str]:
        """The keys of all attributes, templates as their common beginnings."""
        attributes: Mapping[str, Any] = self._sections["attributes"]
        return attributes.keys()

    def metric(self, name: str) -> Mapping[str, Any] | None:
        """What is said of the metric `name`; None for one that is not there."""
        found: Mapping[str, Any] | None = self._sections["metrics"].get(name)
        return found

    def attribute(self, key: str) -> Mapping[str, Any] | None:
        """What is said of the attribute `key`; a template speaks for every key that begins with it.

        >>> conventions().attribute("http.request.header.accept")["type"]
        'template[string[]]'
        """
        attributes: Mapping[str, Mapping[str, Any]] = self._sections["attributes"]
        found = attributes.get(key)
        start = key
        while found is None and "." in start:
            start = start.rpartition(".")[0]
            template = attributes.get(start)
            if template is not None and str(template["type"]).startswith("template["):
                found = template
        return found

    def successor(self, name: str) -> str | None:
        """The live metric that the deprecated or renamed `name` has become, if any.

        >>> conventions().successor("http.server.duration")
        'http.server.request.duration'
        >>> conventions().successor("http.server.request.duration") is None
        True
        """
        return self._followed(name, "metrics", "renamed_metrics")

    def attribute_successor(self, key: str) -> str | None:
        """The live attribute that the deprecated or renamed `key` has become, if any.

        >>> conventions().attribute_successor("net.peer.ip")
        'network.peer.address'
        """
        return self._followed(key, "attributes", "renamed_attributes")

    def _followed(self, name: str, section: str, renames: str) -> str | None:
        facts: Mapping[str, Mapping[str, Any]] = self._sections[section]
        renamed: Mapping[str, str] = self._sections[renames]
        seen: set[str] = set()
        now = name
        while now not in seen:
            seen.add(now)
            deprecated = facts.get(now, {}).get("deprecated")
            if now in facts and deprecated is None:
                return now if now != name else None
            following = _next(deprecated or {}) or renamed.get(now)
            if following is None:
                return None
            now = following
        return None  # names renamed in a circle have no last one

    @cached_property
    def _by_prometheus(self) -> Mapping[str, str]:
        return self._stored("UnderscoreEscapingWithSuffixes")

    @cached_property
    def _by_other_strategies(self) -> Mapping[str, str]:
        return self._stored("NoUTF8EscapingWithSuffixes") | self._by_base

    @cached_property
    def _by_base(self) -> dict[str, str]:
        return self._stored("UnderscoreEscapingWithoutSuffixes")

    def _stored(self, strategy: str) -> dict[str, str]:
        from ninefold.core import TranslationStrategy, prometheus_name  # expositions alone need it

        how = TranslationStrategy(strategy)
        names: dict[str, str] = {}
        metrics: Mapping[str, Mapping[str, Any]] = self._sections["metrics"]
        for name, fact in metrics.items():
            stored = prometheus_name(name, fact["unit"], fact["instrument"], strategy=how)
            # A live name wins where an old one is stored alike.
            if stored not in names or "deprecated" not in fact:
                names[stored] = name
        return names

    @cached_property
    def _by_start(self) -> Mapping[str, str]:
        # Names that are known by their rename alone, without unit and kind.
        from ninefold.core import prometheus_name

        renamed: Mapping[str, str] = self._sections["renamed_metrics"]
        known: Mapping[str, Any] = self._sections["metrics"]
        return {
            prometheus_name(old, "", "updowncounter"): old for old in renamed if old not in known
        }

    def of_prometheus(self, stored: str) -> str | None:
        """The known metric that Prometheus stores as `stored`, under any translation strategy.

        A name that was renamed before units were written down is known by its beginning.

        >>> conventions().of_prometheus("http_server_request_duration_seconds")
        'http.server.request.duration'
        >>> conventions().of_prometheus("http_server_duration_milliseconds")
        'http.server.duration'
        """
        found = self._by_prometheus.get(stored)
        if found is None and stored in self._sections["metrics"]:
            found = stored
        if found is None:
            found = self._by_other_strategies.get(stored)
        if found is None:
            start = stored.removesuffix("_total")
            found = self._by_start.get(start) or self._by_start.get(start.rpartition("_")[0])
        return found

    def of_prometheus_in_other_unit(self, stored: str) -> tuple[str, str] | None:
        """The live metric that `stored` is but for its unit, and the word of that unit.

        >>> conventions().of_prometheus_in_other_unit("http_server_request_duration_milliseconds")
        ('http.server.request.duration', 'milliseconds')
        """
        from ninefold.core._units import UNIT_WORDS

        base, _, word = stored.removesuffix("_total").rpartition("_")
        name = self._by_base.get(base)
        if name is None or word not in UNIT_WORDS.values() or self._live_metric(name) is None:
            return None
        return (name, word) if self.of_prometheus(stored) is None else None

    def _live_metric(self, name: str) -> Mapping[str, Any] | None:
        fact = self.metric(name)
        return fact if fact is not None and "deprecated" not in fact else None

    def near(self, key: str) -> str | None:
        """The live attribute that the unknown `key` is a misspelling of, if it looks like one.

        The same words with other separators or in camel case, or one letter more, less or other in
        a key of the same namespace. Keys of one word are nobody's misspelling.

        >>> [conventions().near(key) for key in ("httpMethod", "http.routes", "shop.kind", "state")]
        ['http.request.method', 'http.route', None, None]
        """
        words = _words(key)
        if len(words) < 2:
            return None
        found = self._by_words.get(words)
        if found is None and "." in key and len(key) >= _SHORTEST_MISSPELT:
            beside = self._by_namespace.get(words[0], ())
            found = next((each for each in beside if is_one_edit(key, each)), None)
        return found if found != key else None

    @cached_property
    def _by_words(self) -> Mapping[tuple[str, ...], str]:
        found: dict[tuple[str, ...], str] = {}
        for key in (*self._sections["renamed_attributes"], *self.attributes):
            words = _words(key)
            live = self._live(key)
            if live is not None and len(words) > 1 and "." in key:
                found[words] = live
        return found

    @cached_property
    def _by_namespace(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for key in self.attributes:
            if self._live(key) == key and "." in key:
                found.setdefault(key.partition(".")[0], []).append(key)
        return {namespace: tuple(keys) for namespace, keys in found.items()}

    def _live(self, key: str) -> str | None:
        fact = self._sections["attributes"].get(key)
        if fact is not None and "deprecated" not in fact:
            return key
        return self.attribute_successor(key)


def is_one_edit(one: str, other: str) -> bool:
    """Whether one letter more, less, other or swapped with its neighbour makes one of the other.

    >>> is_one_edit("route", "rotue"), is_one_edit("route", "routes"), is_one_edit("a", "a")
    (True, True, False)
    """
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    rest, rest_of_other = one[start:], other[start:]
    return (
        rest[1:] == rest_of_other
        or rest == rest_of_other[1:]
        or rest[1:] == rest_of_other[1:]
        or (rest[:2] == rest_of_other[1::-1] and rest[2:] == rest_of_other[2:])
    )


def _words(key: str) -> tuple[str, ...]:
    parted = _HUMP.sub(".", key).lower()
    return tuple(word for word in _SEPARATORS.split(parted) if word)


@cache
def conventions() -> Known:
    """The OpenTelemetry semantic conventions that this version of ninefold was built with.

    >>> conventions().metric("http.server.request.duration")["unit"]
    's'
    """
    return Known(_facts)


def _facts() -> Sections:
    # The package `ninefold.registry` brings a typed catalogue, whose import costs ten times what
    # its data file does; a check needs the file alone.
    package = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    with open(os.path.join(package, "registry", "data", "semconv-facts.json"), "rb") as file:
        facts: Sections = json.load(file)
    return facts


def _next(deprecated: Mapping[str, str]) -> str | None:
    return deprecated.get("renamed_to") or deprecated.get("successor")
