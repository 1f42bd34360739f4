"""The rules that ship with ninefold, one module for each or for a closely tied family."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from ninefold.conformance._rule import Rule, rules_in

MODULES: tuple[str, ...] = (
    "a502_near_miss",
    "a503_attribute_value",
    "a505_attributes",
    "a506_reserved_label",
    "a510_resource_key",
    "d601_no_description",
    "i303_kind_in_name",
    "n101_grammar",
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
