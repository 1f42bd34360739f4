"""The last lines of a report for people: how much was found, and how much was looked at."""

from __future__ import annotations

from collections import Counter
from typing import Final

from ninefold.conformance._engine import Report
from ninefold.conformance._finding import Severity

_WORDS: Final[dict[Severity, str]] = {"E": "error", "W": "warning", "I": "note"}


def plural(count: int, word: str) -> str:
    """A number with its word.

    >>> plural(1, "error"), plural(2, "error")
    ('1 error', '2 errors')
    """
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def summary(report: Report) -> str:
    """What was found, and of how many declarations the name is known."""
    counts = Counter(each.severity for each in report.findings)
    found = [plural(counts[each], word) for each, word in _WORDS.items() if counts[each]]
    looked = (
        f"{plural(report.declarations, 'metric')} declared in {plural(report.facts.files, 'file')}"
    )
    if report.declarations:
        looked += f", {report.resolved} resolved"
    if report.known:
        looked += f", {plural(report.known, 'finding')} known"
    if report.gone:
        looked += f", {plural(len(report.gone), 'known finding')} gone"
    if report.suppressed:
        looked += f", {plural(report.suppressed, 'finding')} accepted"
    return f"{', '.join(found) or 'No findings'}. {looked}."


def statistics(report: Report) -> list[str]:
    """How often each code was found, the most frequent first."""
    counts = Counter((each.code, each.severity) for each in report.findings)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [f"{count:6} {code} {severity}" for (code, severity), count in ordered]
