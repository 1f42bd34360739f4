"""`ninefold explain`: what a rule finds, why it matters, and what to use instead."""

from __future__ import annotations

import click

from ninefold.conformance.rules import loaded
from ninefold.core import nearest


@click.command("explain")
@click.argument("code", required=False)
def command(code: str | None) -> None:
    """Explain the rule CODE (NF-U202 or U202); without one, list all rules.

    Exits with 2 where there is no such rule.
    """
    known, without = loaded()
    rules = {each.code: each for each in known}
    if code is None:
        for each in rules.values():
            click.echo(f"{each.code} {each.severity} {each.slug}: {each.what}")
        return
    wanted = code.upper() if "-" in code else f"NF-{code.upper()}"
    found = rules.get(wanted)
    if found is None:
        near = nearest(wanted, list(rules))
        hint = f"did you mean {near}?" if near else "`ninefold explain` lists them"
        lost = "".join(f"; {each.why}" for each in without)
        raise UnknownRuleError(f"there is no rule {code}; {hint}{lost}")
    click.echo(found.page)


class UnknownRuleError(click.ClickException):
    """A code that no rule has."""

    exit_code = 2
