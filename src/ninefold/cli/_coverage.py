"""`ninefold coverage`: which routes, operations and dependencies lack an objective or owner."""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from typing import Final, Literal

import click

from ninefold.cli._application import NotThereError, load
from ninefold.cli._covered import Coverage, Row, covered
from ninefold.cli._needed import Needed, needed
from ninefold.service import Service
from ninefold.sli import Objective

_HEADER: Final = ("methods", "owner", "objectives")
_HEADER_OF_DEPENDENCIES: Final = ("role", "owner", "check", "runbook", "objectives")
_EXPOSED: Final = ("critical", "without")
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
    """List routes, operations and dependencies, and what they have no objective or owner for.

    Of dependencies also the role, the check, the runbook, and what a critical one has against
    its failure.

    Imports the FastAPI, Starlette or Flask application as a server would, from the working
    directory, and looks at what its service declares. Nothing is served and nothing exported.

    Exits with 1 where something is missing: an objective, an owner, the check or runbook of a
    critical dependency, or what an objective, override or upstream names.
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
        dependencies=needed(service.dependencies, service.health),
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
            {"dependency": row.name, **_row_as_json(row), **_needed_as_json(row.needed)}
            for row in coverage.rows
            if row.needed is not None
        ],
        "unknown": list(coverage.unknown),
        "missing": coverage.missing,
    }


def _row_as_json(row: Row) -> dict[str, object]:
    return {"objectives": [each.name for each in row.objectives], "owner": row.owner}


def _needed_as_json(known: Needed) -> dict[str, object]:
    return {
        "role": None if known.through else known.role,
        "through": list(known.through),
        "check": known.has_check,
        "runbook": known.runbook,
        "fallback": known.has_fallback,
        "redundancy": known.redundancy,
        "missing": list(known.missing),
        "exposed": list(known.exposed),
    }


def as_text(coverage: Coverage) -> list[str]:
    """The report for people and for logs, line by line."""
    lines = [coverage.service]
    for header, rows in _tables(coverage):
        table = [header, *rows]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines.append("")
        for cells in table:
            padded = (f"{cell:{width}}" for cell, width in zip(cells[:-1], widths, strict=False))
            lines.append("  ".join((*padded, cells[-1])))
    return [*lines, "", *(f"unknown: {each}" for each in coverage.unknown), *_summary(coverage)]


def print_rich(coverage: Coverage) -> None:
    # The extra `cli` brings rich; without it the text above says the same.
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    console = Console()
    console.print(Text(coverage.service, style="bold"))
    for header, rows in _tables(coverage):
        # Folded: half of an address leads nowhere.
        columns = (Column(each, overflow="fold") for each in header)
        table = Table(*columns, box=None, header_style="dim", pad_edge=False)
        for row in rows:
            table.add_row(*(Text(cell, style="red" if cell == _NOTHING else "") for cell in row))
        console.print()
        console.print(table)
    console.print()
    for sentence in coverage.unknown:
        console.print(Text.assemble(("unknown: ", "red"), sentence))
    for line in _summary(coverage):
        console.print(Text(line, style="red" if coverage.missing else "green"))


def _tables(coverage: Coverage) -> list[tuple[tuple[str, ...], list[tuple[str, ...]]]]:
    """Headers and rows, a table for each kind."""
    found: dict[str, list[Row]] = {}
    for row in coverage.rows:
        found.setdefault(row.kind, []).append(row)
    tables = [
        (
            (kind, *(_HEADER_OF_DEPENDENCIES if kind == "dependency" else _HEADER)),
            [_cells(row) for row in rows],
        )
        for kind, rows in found.items()
    ]
    exposed: list[tuple[str, ...]] = [
        (known.name, ", ".join(known.exposed)) for known in _dependencies(coverage) if known.exposed
    ]
    return [*tables, (_EXPOSED, exposed)] if exposed else tables


def _dependencies(coverage: Coverage) -> list[Needed]:
    return [row.needed for row in coverage.rows if row.needed is not None]


def _cells(row: Row) -> tuple[str, ...]:
    told = ", ".join(map(_told, row.objectives)) or _NOTHING
    owner = row.owner or _NOTHING
    known = row.needed
    if known is None:
        methods = ", ".join(row.methods) or ("any" if row.kind == "route" else "")
        return row.name, methods, owner, told
    role = f"through {', '.join(known.through)}" if known.through else known.role
    check = "yes" if known.has_check else _NOTHING
    return row.name, role, owner, check, known.runbook or _NOTHING, told


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
    lines += _summary_of_dependencies(_dependencies(coverage))
    part = sum(row.only_as_part for row in routes)
    if part:
        lines.append(f"{part} of the routes only as part of the whole service")
    if coverage.left_out:
        lines.append(
            f"{coverage.left_out} left out, of health, metrics, documentation and static files;"
            " --all lists them"
        )
    return lines


def _summary_of_dependencies(known: list[Needed]) -> list[str]:
    if not known:
        return []
    checked = sum(each.has_check for each in known)
    booked = sum(each.runbook is not None for each in known)
    owned = sum(each.owner is not None for each in known)
    noun = "dependency" if len(known) == 1 else "dependencies"
    told = (
        f"{checked} of {len(known)} {noun} {'is' if checked == 1 else 'are'} checked;"
        f" {booked} {'has' if booked == 1 else 'have'} a runbook,"
        f" {owned} an owner of {'its' if owned == 1 else 'their'} own"
    )
    lines = [told]
    indirect = sum(bool(each.through) for each in known)
    if indirect:
        counts = "counts" if indirect == 1 else "count"
        lines.append(f"{indirect} of the dependencies {counts} only through others")
    if any("fallback" in each.exposed for each in known):
        lines.append(
            "fallbacks are known of policies and guard(fallback=); what code does in an except"
            " nobody can list"
        )
    return lines
