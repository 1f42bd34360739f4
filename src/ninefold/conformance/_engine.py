"""Runs the rules over the facts, and orders what they find."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b

from ninefold.conformance._facts import Declaration, Facts, Position, Use
from ninefold.conformance._finding import Finding, Found
from ninefold.conformance._options import Options
from ninefold.conformance._rule import Context, Registry, Rule


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a run: its findings in the order of the files, and what it has looked at."""

    findings: tuple[Finding, ...]
    facts: Facts

    @property
    def declarations(self) -> int:
        """How many declarations were found."""
        return len(self.facts.declarations)

    @property
    def resolved(self) -> int:
        """Of how many of them the whole name is known."""
        return sum(each.is_resolved for each in self.facts.declarations)


def run(facts: Facts, options: Options, rules: Iterable[Rule], registry: Registry) -> Report:
    """Judge `facts` by those of `rules` that the options choose."""
    uses: dict[Declaration, list[Use]] = {}
    for use in facts.uses:
        uses.setdefault(use.declaration, []).append(use)
    by_declaration = {key: tuple(value) for key, value in uses.items()}
    context = Context(facts, options, registry, by_declaration)
    known = {
        each
        for each in facts.declarations
        if options.exempt and each.is_resolved and registry.metric(each.name.value or "")
    }
    raw: dict[tuple[str, Position, str], tuple[Rule, Found, str]] = {}
    for each in rules:
        if not is_chosen(each, options):
            continue
        for declaration, found in _found(each, context, known):
            metric = found.metric
            if metric is None:
                metric = declaration.name.shown if declaration is not None else ""
            raw.setdefault((each.code, found.position, found.message), (each, found, metric))
    return Report(_settled(raw.values(), options), facts)


def is_chosen(rule: Rule, options: Options) -> bool:
    """Whether a rule runs: the longest code of `select` and `ignore` that fits it decides.

    A rule that is off by default wants its whole code in `select`.
    """
    if not rule.default and rule.code not in options.select:
        return False
    chosen = _longest(rule.code, options.select) if options.select else 0
    ignored = _longest(rule.code, options.ignore)
    return chosen >= 0 and ignored < max(chosen, 1)


def _longest(code: str, prefixes: tuple[str, ...]) -> int:
    return max((len(each) for each in prefixes if code.startswith(each)), default=-1)


def _found(
    rule: Rule, context: Context, known: set[Declaration]
) -> Iterator[tuple[Declaration | None, Found]]:
    if rule.about == "run":
        for found in rule.check(context.facts, context):
            yield None, found
    elif rule.about == "declaration":
        for declaration in context.facts.declarations:
            if _concerns(rule, declaration, context, known):
                for found in rule.check(declaration, context):
                    yield declaration, found
    else:
        for use in context.facts.uses:
            if _concerns(rule, use.declaration, context, known):
                for found in rule.check(use, context):
                    yield use.declaration, found


def _concerns(
    rule: Rule, declaration: Declaration, context: Context, known: set[Declaration]
) -> bool:
    if not (rule.partly or declaration.is_resolved) or (rule.exempt and declaration in known):
        return False
    profile = context.profile(declaration)
    return profile == "both" or profile in rule.profiles


def _settled(raw: Iterable[tuple[Rule, Found, str]], options: Options) -> tuple[Finding, ...]:
    """The findings in order; equal ones of a file are told apart by their number in it."""
    ordered = sorted(raw, key=lambda each: (each[1].position, each[0].code, each[1].message))
    seen: dict[str, int] = {}
    findings: list[Finding] = []
    for rule, found, metric in ordered:
        severity = options.severity.get(rule.code, found.severity or rule.severity)
        text = "\0".join((rule.code, found.position.path, metric, found.message))
        number = seen[text] = seen.get(text, 0) + 1
        digest = blake2b(f"{text}\0{number}".encode("utf-8", "replace"), digest_size=10)
        findings.append(
            Finding(
                code=rule.code,
                severity=severity,
                message=found.message,
                position=found.position,
                metric=metric,
                remedy=found.remedy,
                fix=found.fix,
                fingerprint=digest.hexdigest(),
            )
        )
    return tuple(findings)
