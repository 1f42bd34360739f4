"""Takes out the findings that comments accept, and finds the comments that accept none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from ninefold.conformance._facts import Suppression
from ninefold.conformance._finding import Found
from ninefold.conformance._options import Options
from ninefold.conformance._rule import Rule

Raw: TypeAlias = tuple[Rule, Found, str]
"""A rule, what it has found, and in which metric."""

_UNUSED: Final = "NF-X001"
_DAY: Final = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")


def sifted(
    raw: Iterable[Raw],
    suppressions: Iterable[Suppression],
    ran: Mapping[str, Rule],
    options: Options,
) -> tuple[list[Raw], int, list[Raw]]:
    """What is left of `raw`, how many were accepted, and the findings about the comments."""
    by_line: dict[tuple[str, int], list[Suppression]] = {}
    every = list(suppressions)
    for each in every:
        if not _fault(each, options):
            by_line.setdefault((each.position.path, each.position.line), []).append(each)
    used: set[tuple[Suppression, str]] = set()
    kept: list[Raw] = []
    suppressed = 0
    for item in raw:
        rule, found, _ = item
        accepted = False
        position = found.position
        for line in range(position.line, position.end_line + 1) if by_line else ():
            for each in by_line.get((position.path, line), ()):
                if not each.codes or rule.code in each.codes:
                    used.add((each, rule.code))
                    accepted = True
        if accepted and rule.code not in (_UNUSED, "NF-X002"):
            suppressed += 1
        else:
            kept.append(item)
    unused = ran.get(_UNUSED)
    idle = [] if unused is None else list(_idle(every, used, ran, options, unused))
    return kept, suppressed, idle


def _fault(suppression: Suppression, options: Options) -> str:
    until = suppression.until
    if until and not _DAY.fullmatch(until):
        return f"until must be a day as in 2027-03-01, got {until!r}"
    if until and options.today and until < options.today:
        return f"the suppression has expired on {until}"
    return ""


def _idle(
    suppressions: Iterable[Suppression],
    used: set[tuple[Suppression, str]],
    ran: Mapping[str, Rule],
    options: Options,
    rule: Rule,
) -> Iterator[Raw]:
    for each in suppressions:
        fault = _fault(each, options)
        if fault:
            yield rule, Found(each.position, fault, "mend what it accepts, or renew it"), ""
            continue
        spent = {code for suppression, code in used if suppression is each}
        # Whether a rule that did not run would have found something is not known.
        idle = [code for code in each.codes if code in ran and code not in spent]
        unknown = [code for code in each.codes if code not in _every_code(ran)]
        if unknown:
            listed = ", ".join(unknown)
            message = f"the suppression names {listed}, which is no rule"
            yield rule, Found(each.position, message, "`ninefold explain` lists the rules"), ""
        if idle:
            message = f"the suppression of {', '.join(idle)} accepts nothing"
            yield rule, Found(each.position, message, "take it out"), ""
        elif not each.codes and not spent:
            yield rule, Found(each.position, "the suppression accepts nothing", "take it out"), ""


def _every_code(ran: Mapping[str, Rule]) -> frozenset[str]:
    from ninefold.conformance.rules import shipped

    return frozenset(each.code for each in shipped()) | ran.keys()
