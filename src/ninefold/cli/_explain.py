"""`ninefold explain`: what a rule finds, why it matters, and what to use instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import click

from ninefold.conformance._facts import Unread
from ninefold.conformance._rule import Rule
from ninefold.conformance.rules import loaded
from ninefold.core import nearest


@click.command("explain")
@click.argument("codes", nargs=-1, metavar="[CODE]…")
def command(codes: tuple[str, ...]) -> None:
    """Explain the rules CODE (NF-U202 or U202); without one, list all rules.

    The beginning of codes (NF-U) lists the rules that have it. Exits with 2 where there is no such
    rule.
    """
    known, without = loaded()
    rules = {each.code: each for each in known}
    pages = [_explained(each, rules, without) for each in codes] or [_listed(rules.values())]
    click.echo("\n\n".join(page.rstrip("\n") for page in pages))


def _explained(code: str, rules: Mapping[str, Rule], without: Iterable[Unread]) -> str:
    wanted = code.upper() if "-" in code else f"NF-{code.upper()}"
    found = rules.get(wanted)
    if found is not None:
        return found.page
    starts = (wanted, f"{code.upper()}-")
    family = [each for each in rules.values() if each.code.startswith(starts)]
    if code and family:
        return _listed(family)
    near = nearest(wanted, list(rules))
    hint = f"did you mean {near}?" if near else "`ninefold explain` lists them"
    lost = "".join(f"; {each.why}" for each in without)
    raise UnknownRuleError(f"there is no rule {code}; {hint}{lost}")


def _listed(rules: Iterable[Rule]) -> str:
    return "\n".join(f"{each.code} {each.severity} {each.slug}: {each.what}" for each in rules)


class UnknownRuleError(click.ClickException):
    """A code that no rule has."""

    exit_code = 2
