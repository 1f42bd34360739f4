"""The `ninefold` command: a table of commands, none of which is imported before it is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Final

import click

from ninefold._version import __version__
from ninefold.errors import NinefoldError


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command is, what the list says about it, and the extra that it needs, if any."""

    module: str
    summary: str
    extra: str | None = None


COMMANDS: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "check": Entry(
            "ninefold.cli._check_command", "Check metric names, units, kinds and labels in code."
        ),
        "coverage": Entry(
            "ninefold.cli._coverage", "List routes and operations without an objective or an owner."
        ),
        "demo": Entry("ninefold.cli._demo", "Run a real storefront and watch it.", "demo"),
        "doctor": Entry(
            "ninefold.cli._doctor", "Show every setting, where it came from, and what is wrong."
        ),
        "explain": Entry("ninefold.cli._explain", "Explain a rule of `ninefold check`."),
        "sampling": Entry("ninefold.cli._sampling", "Try sampling rules on traffic."),
    }
)
"""Each module has its command as the attribute `command`."""


class MissingExtraError(click.ClickException):
    """A command that needs more than is installed."""

    exit_code = 2


class RefusedError(click.ClickException):
    """A `NinefoldError`, as the command line says it."""

    exit_code = 1


class LazyCommands(click.Group):
    """A group that knows its commands by name and summary, and imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in alphabetical order."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command `cmd_name`; None where there is no such command."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        try:
            command: click.Command = import_module(entry.module).command
        except ModuleNotFoundError as error:
            if entry.extra is None or (error.name or "").startswith("ninefold"):
                raise
            raise MissingExtraError(
                f"`ninefold {cmd_name}` needs {error.name}, which is not installed; "
                f"pip install 'ninefold[{entry.extra}]'"
            ) from error
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that `args` begin with; a near one is named where there is none."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from ninefold.core import nearest

            near = nearest(args[0], list(COMMANDS))
            if near is None:
                raise
            hinted = f"{error.message.rstrip('.')}; did you mean {near}?"
            raise click.UsageError(hinted, ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list from the table alone: asking for help imports no command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].summary) for name in self.list_commands(ctx)])

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; what ninefold refuses is one line to the user, not a traceback."""
        try:
            return super().invoke(ctx)
        except NinefoldError as error:
            raise RefusedError(str(error)) from error


@click.group(cls=LazyCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ninefold", message="%(prog)s %(version)s")
def main() -> None:
    """Reliability for Python services, from one declaration."""
