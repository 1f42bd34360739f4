"""Writes a report in one of the formats that people and other tools read; one file each."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Final

from ninefold.conformance._engine import Report

FORMATS: Final = (
    "text", "concise", "json", "jsonl", "sarif", "github", "gitlab", "junit", "markdown",
)  # fmt: skip
"""The formats; each is a module of this package with a function `written`."""


def written(form: str, report: Report, *, colour: bool = False) -> str:
    """The report in the format `form`; `colour` is for terminals, in text alone."""
    module = import_module(f"ninefold.conformance.reporters._{form}")
    write: Callable[..., str] = module.written
    return write(report, colour=colour) if form in ("text", "concise") else write(report)
