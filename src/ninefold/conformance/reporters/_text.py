"""Findings for people: each with the lines that it is about."""

from __future__ import annotations

import re
from typing import Final

from ninefold.conformance._engine import Report
from ninefold.conformance._finding import Finding
from ninefold.conformance.reporters._frames import Lines
from ninefold.conformance.reporters._summary import summary

_COLOURS: Final = {"E": "\x1b[31m", "W": "\x1b[33m", "I": "\x1b[36m"}
_BOLD: Final = "\x1b[1m"
_DIM: Final = "\x1b[2m"
_END: Final = "\x1b[0m"
_CONTROL: Final = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f]")
_WIDEST: Final = 200
"""Characters of a line that are shown: a longer one is generated, and drowns the rest."""


def written(report: Report, *, colour: bool = False) -> str:
    """All findings with their code frames, and the summary."""
    lines = Lines()
    parts = [_block(each, lines, colour=colour) for each in report.findings]
    return "\n".join([*parts, summary(report)]) + "\n"


def _block(finding: Finding, files: Lines, *, colour: bool) -> str:
    position = finding.position

    def paint(text: str, code: str) -> str:
        return f"{code}{text}{_END}" if colour else text

    where = paint(f"{position.path}:{position.line}:{position.column}", _BOLD)
    mark = paint(f"{finding.code} {finding.severity}", _COLOURS[finding.severity])
    lines = [f"{where}: {mark} {finding.message}"]
    source = files.line(position.path, position.line)
    gutter = " " * len(str(position.line))
    if source and len(source) <= _WIDEST:
        # A terminal obeys what it is sent.
        source = _CONTROL.sub("\ufffd", source)
        shown = source.expandtabs(4)
        start = len(source[: position.column - 1].expandtabs(4))
        last = position.end_column - 1 if position.end_line == position.line else len(source)
        end = max(len(source[:last].expandtabs(4)), start + 1)
        carets = paint("^" * (end - start), _COLOURS[finding.severity])
        bar = paint("|", _DIM)
        lines += [
            f"{gutter} {bar}",
            f"{paint(str(position.line), _DIM)} {bar} {shown}",
            f"{gutter} {bar} {' ' * start}{carets}",
        ]
    if finding.remedy:
        lines.append(f"{gutter} {paint('=', _DIM)} {finding.remedy}")
    return "\n".join(lines) + "\n"
