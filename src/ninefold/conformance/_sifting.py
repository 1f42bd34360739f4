"""Takes out the findings that comments accept, and finds the comments that accept none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from ninefold.conformance._facts import Suppression
from ninefold.conformance._finding import Edit, Fix, Found
from ninefold.conformance._options import Options
from ninefold.conformance._rule import Rule

Raw: TypeAlias = tuple[Rule, Found, str]
"""A rule, what it has found, and in which metric."""

_UNUSED: Final = "NF-X001"


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
        if not (each.fault or _expired(each, options)):
            by_line.setdefault((each.position.path, each.position.line), []).append(each)
    used: dict[Suppression, set[str]] = {}
    kept: list[Raw] = []
    suppressed = 0
    for item in raw:
        rule, found, _ = item
        accepted = False
        position = found.position
        for line in range(position.line, position.end_line + 1) if by_line else ():
            for each in by_line.get((position.path, line), ()):
                if not each.codes or rule.code in each.codes:
                    used.setdefault(each, set()).add(rule.code)
                    accepted = True
        if accepted and rule.code not in (_UNUSED, "NF-X002"):
            suppressed += 1
        else:
            kept.append(item)
    unused = ran.get(_UNUSED)
    idle = [] if unused is None else list(_idle(every, used, ran, options, unused))
    return kept, suppressed, idle


def _expired(suppression: Suppression, options: Options) -> str:
    until = suppression.until
    if until and options.today and until < options.today:
        return f"the suppression expired on {until}"
    return ""


def _idle(
    suppressions: Iterable[Suppression],
    used: Mapping[Suppression, set[str]],
    ran: Mapping[str, Rule],
    options: Options,
    rule: Rule,
) -> Iterator[Raw]:
    every = _every_code(ran)
    for each in suppressions:
        if each.fault:
            remedy = "mend the comment; it accepts nothing as it is"
            yield rule, Found(each.position, each.fault, remedy), ""
            continue
        expired = _expired(each, options)
        if expired:
            yield rule, Found(each.position, expired, "mend what it accepts, or renew it"), ""
            continue
        spent = used.get(each, ())
        # Whether a rule that did not run would have found something is not known.
        idle = [code for code in each.codes if code in ran and code not in spent]
        for code in each.codes:
            if code not in every:
                message = f"the suppression names {code}, which is no rule"
                yield rule, Found(each.position, message, _meant(code, every)), ""
        if idle:
            message = f"the suppression of {', '.join(idle)} accepts nothing"
            fix = _taken_out(each) if len(idle) == len(each.codes) else None
            yield rule, Found(each.position, message, "take it out", fix), ""
        elif not each.codes and not spent:
            message = "the suppression accepts nothing"
            yield rule, Found(each.position, message, "take it out", _taken_out(each)), ""


def _taken_out(suppression: Suppression) -> Fix | None:
    """A fix that takes the comment out; None where it says more, as to other tools."""
    listed = ", ".join(suppression.codes)
    bare = {
        len(f"# noqa: {listed}") if listed else 0,
        len(f"# ninefold: ignore[{listed}]" if listed else "# ninefold: ignore"),
    }
    at = suppression.position
    if at.end_column - at.column not in bare:
        return None
    return Fix("safe", "take it out", (Edit(at, ""),))


def _meant(code: str, every: frozenset[str]) -> str:
    from ninefold.core import nearest

    whole = code if "-" in code else f"NF-{code}"
    near = whole if whole in every else nearest(whole, sorted(every))
    return f"write {near}, if that is meant" if near else "`ninefold explain` lists the rules"


def _every_code(ran: Mapping[str, Rule]) -> frozenset[str]:
    from ninefold.conformance.rules import every_rule

    return frozenset(each.code for each in every_rule()) | ran.keys()
