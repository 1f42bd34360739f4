"""`ninefold coverage`: which routes, operations and dependencies lack an objective or owner."""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from typing import Final, Literal

import click

from ninefold.cli._application import NotThereError, load
from ninefold.cli._covered import Coverage, Row, covered
from ninefold.service import Service
from ninefold.sli import Objective

_HEADER: Final = ("methods", "owner", "objectives")
_NOTHING: Final = "-"


@click.command("coverage")
@click.argument("app", metavar="MODULE:ATTRIBUTE")
@click.option(
    "--factory", is_flag=True, help="The attribute is a function that returns the application."
)
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Also routes of health, metrics, documentation and static files.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="text for people (the default), json for programs.",
)
def command(app: str, factory: bool, everything: bool, form: Literal["text", "json"]) -> None:
    """List routes, operations and dependencies that have no objective or no owner.

    Imports the FastAPI, Starlette or Flask application as a server would, from the working
    directory, and looks at what its service declares. Nothing is served and nothing exported.

    Exits with 1 where something is missing: an objective, an owner, or what an objective names.
    Exits with 2 where the application cannot be imported or was not instrumented.
    """
    coverage = look(app, factory=factory, everything=everything)
    if form == "json":
        click.echo(json.dumps(as_json(coverage), indent=2))
    elif sys.stdout.isatty() and find_spec("rich") is not None:
        print_rich(coverage)
    else:
        for line in as_text(coverage):
            click.echo(line)
    sys.exit(1 if coverage.missing else 0)


def look(written: str, *, factory: bool, everything: bool) -> Coverage:
    """Import the application and judge the service that measures it."""
    app, service = load(written, factory=factory)
    if service.telemetry.disabled:
        raise NotThereError(
            f"{service.settings.name} is disabled by {service.settings.origin('disabled').name}, so"
            " nothing is instrumented; unset it for this command"
        )
    _require_instrumented(app, service, written)
    operations = service._known()
    return covered(
        service=service.settings.name,
        owner=service.settings.owner,
        routes=service._applications.known(),
        operations=operations,
        dependencies=service.dependencies,
        objectives=service.objectives.declared.values(),
        unknown=[
            *service.objectives.unknown(
                routes=service._templates(),
                operations=operations,
                dependencies=service.dependencies,
            ),
            *service._unasked(),
        ],
        everything=everything,
    )


def _require_instrumented(app: object, service: Service, written: str) -> None:
    inner: object = app
    # A middleware around the whole application leaves that in an attribute, `app`.
    for _ in range(32):
        if inner is None or inner in service._applications:
            break
        inner = getattr(inner, "app", None)
    if inner is None:
        kind = type(app).__name__
        raise NotThereError(
            f"{written} is a {kind} that was not instrumented: pass it to service.instrument() of"
            f" the service {service.settings.name!r}"
            + (", or --factory here if it makes the application" if kind == "function" else "")
        )
    if not service._applications.tells(inner):
        raise NotThereError(
            f"{written} is a bare ASGI or WSGI callable, whose routes nobody can list; instrument"
            " the FastAPI, Starlette or Flask application itself"
        )


def as_json(coverage: Coverage) -> dict[str, object]:
    """The report for programs."""
    return {
        "service": coverage.service,
        "routes": [
            {"route": row.name, "methods": list(row.methods), **_row_as_json(row)}
            for row in coverage.rows
            if row.kind == "route"
        ],
        "operations": [
            {"operation": row.name, "kind": row.kind, **_row_as_json(row)}
            for row in coverage.rows
            if row.kind not in ("route", "dependency")
        ],
        "dependencies": [
            {"dependency": row.name, **_row_as_json(row)}
            for row in coverage.rows
            if row.kind == "dependency"
        ],
        "unknown": list(coverage.unknown),
        "missing": coverage.missing,
    }


def _row_as_json(row: Row) -> dict[str, object]:
    return {"objectives": [each.name for each in row.objectives], "owner": row.owner}


def as_text(coverage: Coverage) -> list[str]:
    """The report for people and for logs, line by line."""
    lines = [coverage.service]
    for title, rows in _tables(coverage):
        table = [(title, *_HEADER), *(_cells(row) for row in rows)]
        widths = [max(len(cells[column]) for cells in table) for column in range(3)]
        lines.append("")
        for cells in table:
            padded = (f"{cell:{width}}" for cell, width in zip(cells, widths, strict=False))
            lines.append("  ".join((*padded, cells[3])))
    return [*lines, "", *(f"unknown: {each}" for each in coverage.unknown), *_summary(coverage)]


def print_rich(coverage: Coverage) -> None:
    # The extra `cli` brings rich; without it the text above says the same.
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    console.print(Text(coverage.service, style="bold"))
    for title, rows in _tables(coverage):
        table = Table(title, *_HEADER, box=None, header_style="dim", pad_edge=False)
        for row in rows:
            cells = [
                Text(cell, style="red" if cell == _NOTHING and column > 1 else "")
                for column, cell in enumerate(_cells(row))
            ]
            table.add_row(*cells)
        console.print()
        console.print(table)
    console.print()
    for sentence in coverage.unknown:
        console.print(Text.assemble(("unknown: ", "red"), sentence))
    for line in _summary(coverage):
        console.print(Text(line, style="red" if coverage.missing else "green"))


def _tables(coverage: Coverage) -> list[tuple[str, list[Row]]]:
    found: dict[str, list[Row]] = {}
    for row in coverage.rows:
        found.setdefault(row.kind, []).append(row)
    return list(found.items())


def _cells(row: Row) -> tuple[str, str, str, str]:
    methods = ", ".join(row.methods) or ("any" if row.kind == "route" else "")
    told = ", ".join(map(_told, row.objectives))
    return row.name, methods, row.owner or _NOTHING, told or _NOTHING


def _told(objective: Objective) -> str:
    what = objective.kind.sli.rpartition(".")[2]
    of = " of the whole service" if getattr(objective.kind, "routes", ()) is None else ""
    return f"{objective.name} ({what}{of})"


def _summary(coverage: Coverage) -> list[str]:
    lines: list[str] = []
    routes = [row for row in coverage.rows if row.kind == "route"]
    dependencies = [row for row in coverage.rows if row.kind == "dependency"]
    operations = [row for row in coverage.rows[len(routes) :] if row.kind != "dependency"]
    for noun, plural, rows in (
        ("route", "routes", routes),
        ("operation", "operations", operations),
        ("dependency", "dependencies", dependencies),
    ):
        if rows or noun == "route":
            promised = sum(bool(row.objectives) for row in rows)
            owned = sum(row.owner is not None for row in rows)
            lines.append(
                f"{promised} of {len(rows)} {noun if len(rows) == 1 else plural}"
                f" {'has' if promised == 1 else 'have'} an objective;"
                f" {owned} {'has' if owned == 1 else 'have'} an owner"
            )
    part = sum(row.only_as_part for row in routes)
    if part:
        lines.append(f"{part} of the routes only as part of the whole service")
    if coverage.left_out:
        lines.append(
            f"{coverage.left_out} left out, of health, metrics, documentation and static files;"
            " --all lists them"
        )
    return lines
