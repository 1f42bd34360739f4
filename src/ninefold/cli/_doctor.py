"""`ninefold doctor`: every setting, where it came from, and whether telemetry can arrive."""

from __future__ import annotations

import json
import os
import sys
from importlib.util import find_spec
from typing import Final, Literal

import click

from ninefold._version import __version__
from ninefold.cli._diagnosis import Finding, diagnose, why_unreachable
from ninefold.cli._objective_files import objectives_in_files
from ninefold.cli._sampled import sampling_in_settings
from ninefold.config import Origin, Row, Settings, read
from ninefold.errors import ConfigurationError

_OUTSIDE: Final = (
    "Seen from outside: what the application passes to setup() counts below the environment and "
    "the file, and is not part of this list."
)
_STYLES: Final = {"ok": "green", "note": "yellow", "wrong": "red"}


@click.command("doctor")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="text for people (the default), json for programs.",
)
def command(form: Literal["text", "json"]) -> None:
    """Show every setting, where it came from, what it won over, and what is wrong.

    Run it where the service runs: in its working directory, with its environment. Exits with 1
    where something is wrong: a value that cannot be meant, an exporter that is not installed, an
    OTLP endpoint that accepts no connection within a second, a sampling rule or a file of
    objectives with a mistake.
    """
    try:
        settings = read(code={})
        findings = diagnose(settings, os.environ, why_unreachable=why_unreachable)
        findings += sampling_in_settings(settings)
        findings += objectives_in_files(settings)
    except ConfigurationError as error:
        settings, findings = None, [Finding("wrong", str(error))]
    if form == "json":
        click.echo(json.dumps(as_json(settings, findings), indent=2))
    elif sys.stdout.isatty() and find_spec("rich") is not None:
        print_rich(settings, findings)
    else:
        for line in as_text(settings, findings):
            click.echo(line)
    sys.exit(1 if any(finding.level == "wrong" for finding in findings) else 0)


def as_json(settings: Settings | None, findings: list[Finding]) -> dict[str, object]:
    """The report for programs; `settings` is empty where they could not be read."""
    return {
        "ninefold": __version__,
        "file": None if settings is None or settings.file is None else str(settings.file),
        "settings": [_row_as_json(row) for row in (settings.explain() if settings else ())],
        "findings": [{"level": each.level, "message": each.message} for each in findings],
    }


def as_text(settings: Settings | None, findings: list[Finding]) -> list[str]:
    """The report for people and for logs, line by line."""
    lines = [_headline(settings), ""]
    if settings is not None:
        rows = settings.explain()
        key = max(len(row.key) for row in rows)
        value = min(40, max(len(row.value) for row in rows))
        for row in rows:
            lines.append(f"{row.key:{key}}  {row.value:{value}}  {_said(row.origin)}")
            lines += [f"{'':{key}}  {lost}" for lost in _lost(row.origin)]
        lines += ["", _OUTSIDE, ""]
    return lines + [f"{finding.level:5}  {finding.message}" for finding in findings]


def print_rich(settings: Settings | None, findings: list[Finding]) -> None:
    # The extra `cli` brings rich; without it the text above says the same.
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    console.print(Text(_headline(settings), style="bold"))
    if settings is not None:
        table = Table("setting", "value", "from", box=None, header_style="dim", pad_edge=False)
        for row in settings.explain():
            origin = Text("\n".join((_said(row.origin), *_lost(row.origin))))
            style = "dim" if row.origin.source == "default" else ""
            table.add_row(Text(row.key), Text(row.value), origin, style=style)
        console.print(table)
        console.print(Text(_OUTSIDE, style="dim"))
    for finding in findings:
        console.print(
            Text.assemble((f"{finding.level:5}", _STYLES[finding.level]), "  ", finding.message)
        )


def _headline(settings: Settings | None) -> str:
    python = ".".join(map(str, sys.version_info[:3]))
    if settings is None:
        return f"ninefold {__version__}, Python {python}"
    file = "no file of settings" if settings.file is None else f"settings in {settings.file}"
    return f"ninefold {__version__}, Python {python}, {file}"


def _said(origin: Origin) -> str:
    return origin.name if origin.source == "default" else f"{origin.source}: {origin.name}"


def _lost(origin: Origin) -> list[str]:
    return [f"won over {lost.value} ({lost.name})" for lost in origin.overridden]


def _row_as_json(row: Row) -> dict[str, object]:
    return {
        "key": row.key,
        "value": row.value,
        "source": row.origin.source,
        "name": row.origin.name,
        "overridden": [
            {"source": lost.source, "name": lost.name, "value": lost.value}
            for lost in row.origin.overridden
        ],
        "doc": row.doc,
    }
