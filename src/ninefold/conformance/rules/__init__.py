"""The rules that ship with ninefold, one module for each or for a closely tied family."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final

from ninefold.conformance._facts import Position, Unread
from ninefold.conformance._rule import Rule, rules_in

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

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


def every_rule() -> tuple[Rule, ...]:
    """The rules of this package and of other distributions, by code.

    Others declare theirs as entry points of `ninefold.conformance_rules`, each a function that
    `ninefold.conformance.rule` has made a rule of. One that gives none is left out here, and told
    by every check.
    """
    return loaded()[0]


@cache
def loaded() -> tuple[tuple[Rule, ...], tuple[Unread, ...]]:
    """The rules by code, and the entry points that give none, as what could not be read."""
    found = {each.code: each for each in shipped()}
    wrong: list[Unread] = []
    if _have_entry_points():
        from importlib.metadata import entry_points

        for point in sorted(entry_points(group=GROUP), key=lambda each: (each.name, each.value)):
            try:
                each = _rule_of(point, found)
            except _WrongRule as error:
                wrong.append(Unread(Position(f"<{point.value}>", 1, 1, 1, 1), *error.args))
            else:
                found[each.code] = each
    return tuple(found[code] for code in sorted(found)), tuple(wrong)


class _WrongRule(Exception):
    """Why an entry point gives no rule, and what to do."""


def _rule_of(point: EntryPoint, found: Mapping[str, Rule]) -> Rule:
    what = f"the entry point {point.name!r} of {GROUP}"
    try:
        given: object = point.load()
    except Exception as error:
        raise _WrongRule(
            f"{what} cannot be imported: {type(error).__name__}: {error}",
            "mend the distribution, or uninstall it",
        ) from error
    rule = getattr(given, "rule", None)
    if not isinstance(rule, Rule):
        raise _WrongRule(
            f"{what} is no rule, but {type(given).__name__}",
            "decorate the function with ninefold.conformance.rule",
        )
    if rule.code.startswith("NF-"):
        raise _WrongRule(f"{what} has the code {rule.code}, which is ninefold's", _OWN_PREFIX)
    if rule.code in found:
        raise _WrongRule(f"{what} has the code {rule.code}, which is taken", _OWN_PREFIX)
    return rule


_OWN_PREFIX: Final = "take a prefix of your own, as in 'ACME-N101'"


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
