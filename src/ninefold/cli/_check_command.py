"""`ninefold check` among the other commands; its own module parses its arguments."""

from __future__ import annotations

import sys

import click

from ninefold.cli._check import main


@click.command(
    "check",
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Check metric names, units, kinds and labels; `ninefold check --help` says how."""
    sys.exit(main(list(arguments)))
