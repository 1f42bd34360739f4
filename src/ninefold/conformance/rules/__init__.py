"""The rules that ship with ninefold, one module for each or for a closely tied family."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Final

from ninefold.conformance._rule import Rule, rules_in
from ninefold.errors import ConfigurationError

GROUP: Final = "ninefold.conformance_rules"

MODULES: tuple[str, ...] = (
    "a501_keys",
    "a502_near_miss",
    "a503_attribute_value",
    "a505_attributes",
    "a506_reserved_label",
    "a507_unbounded",
    "a510_resource_key",
    "b901_buckets",
    "c701_conflict",
    "c703_metric_is_attribute",
    "d601_no_description",
    "d602_repeats_name",
    "i301_kind",
    "i303_kind_in_name",
    "i305_amounts",
    "n101_grammar",
    "n102_case",
    "n103_namespace",
    "n105_clash",
    "n107_prefix",
    "n108_runtime_name",
    "n109_backend",
    "r801_deprecated",
    "r803_differs",
    "r805_standing",
    "s401_total",
    "s402_counter_total",
    "s403_reserved_suffix",
    "s404_colon",
    "s405_units",
    "s407_camel_case",
    "s409_one_name",
    "s410_one_label",
    "s411_strategies",
    "u201_no_unit",
    "u202_not_ucum",
    "u204_annotation",
    "u205_scale",
    "u207_dimensionless",
    "u209_unit_in_name",
    "x001_run",
)
"""The modules of this package; a test holds them equal to its files."""


def shipped() -> Iterator[Rule]:
    """Every rule of this package, by code."""
    found = [
        each
        for name in MODULES
        for each in rules_in(vars(import_module(f"ninefold.conformance.rules.{name}")))
    ]
    yield from sorted(found, key=lambda each: each.code)


@cache
def every_rule() -> tuple[Rule, ...]:
    """The rules of this package and of other distributions, by code.

    Others declare theirs as entry points of `ninefold.conformance_rules`, each a function that
    `ninefold.conformance.rule` has made a rule of. Raises `ConfigurationError` for an entry point
    that is none, and for a code that is taken.
    """
    found = {each.code: each for each in shipped()}
    if _have_entry_points():
        from importlib.metadata import entry_points

        for point in entry_points(group=GROUP):
            each = getattr(point.load(), "rule", None)
            if not isinstance(each, Rule):
                raise ConfigurationError(
                    f"the entry point {point.name!r} of {GROUP} ({point.value}) is no rule:"
                    " decorate the function with ninefold.conformance.rule"
                )
            if each.code in found:
                raise ConfigurationError(
                    f"the rule {each.code} of {point.value} is there already: take a prefix of"
                    " your own, as in 'ACME-N101'"
                )
            found[each.code] = each
    return tuple(found[code] for code in sorted(found))


def _have_entry_points() -> bool:
    """Whether an installed distribution has such rules; files are read faster than metadata."""
    mark = f"[{GROUP}]".encode()
    for folder in sys.path:
        try:
            with os.scandir(folder or ".") as entries:
                named = [each.path for each in entries if each.name.endswith(".dist-info")]
        except OSError:
            continue
        for each in named:
            try:
                with open(os.path.join(each, "entry_points.txt"), "rb") as file:
                    if mark in file.read():
                        return True
            except OSError:
                continue
    return False
