"""The rules that ship with ninefold, one module for each or for a closely tied family."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from ninefold.conformance._rule import Rule, rules_in

MODULES: tuple[str, ...] = ("n101_grammar",)
"""The modules of this package; a test holds them equal to its files."""


def shipped() -> Iterator[Rule]:
    """Every rule of this package, by code."""
    found = [
        each
        for name in MODULES
        for each in rules_in(vars(import_module(f"ninefold.conformance.rules.{name}")))
    ]
    yield from sorted(found, key=lambda each: each.code)
