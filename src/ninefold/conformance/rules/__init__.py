"""The rules that ship with ninefold, one module for each or for a closely tied family."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from ninefold.conformance._rule import Rule, rules_in

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
