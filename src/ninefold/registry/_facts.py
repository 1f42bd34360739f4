"""The conventions' facts, read from the package when they are first asked for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the OpenTelemetry semantic conventions say of every metric and attribute; no prose.

    `metrics` maps a name to instrument, unit, stability, attributes with their levels and, where
    it is so, its deprecation; `attributes` to type (a list for an enum's values), stability and
    deprecation. `renamed_metrics` and `renamed_attributes` map an old name to the next one; such
    chains can loop, as some names were renamed and live again.

    Source: OpenTelemetry semantic conventions at `tag` and `commit`, licensed under `licence`.
    """

    source: str
    licence: str
    tag: str
    commit: str
    metrics: dict[str, dict[str, Any]]
    attributes: dict[str, dict[str, Any]]
    renamed_metrics: dict[str, str]
    renamed_attributes: dict[str, str]


@cache
def load_facts() -> Facts:
    """The facts that this version of ninefold was built with, parsed once per process.

    >>> load_facts().metrics["http.server.request.duration"]["unit"]
    's'
    """
    data = resources.files("ninefold.registry").joinpath("data/semconv-facts.json")
    return Facts(**json.loads(data.read_text(encoding="utf-8")))
