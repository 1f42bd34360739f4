"""Runs the rules over the facts, and orders what they find."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from ninefold.conformance._digest import digest
from ninefold.conformance._facts import Declaration, Facts, Position, Unread, Use
from ninefold.conformance._finding import Finding, Found, Severity
from ninefold.conformance._options import Options
from ninefold.conformance._places import beneath
from ninefold.conformance._rule import Context, Registry, Rule, known_name
from ninefold.conformance._sifting import Raw, sifted

UNREAD: Final = "NF-X002"
"""The rule that tells what was not read."""

_NOWHERE: Final = Position("<run>", 1, 1, 1, 1)


class Report(NamedTuple):
    """The outcome of a run: its findings in the order of the files, and what it has looked at."""

    findings: tuple[Finding, ...]
    facts: Facts
    suppressed: int = 0
    known: int = 0
    """How many findings the baseline has spared."""
    gone: tuple[str, ...] = ()
    """What the baseline has and this run no longer finds, in words."""

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
    known = frozenset(
        each
        for each in facts.declarations
        if options.exempt and each.is_resolved and _is_conventional(each, registry)
    )
    context = Context(facts, options, registry, by_declaration, known)
    turns = Counter(each.argument for each in facts.declarations)
    raw: dict[tuple[str, Position, str], Raw] = {}
    owners: dict[tuple[str, Position], str] = {}
    ran = {each.code: each for each in rules if is_chosen(each, options)}
    failed: list[Unread] = []
    for each in ran.values():
        for declaration, found in _said_once(_found(each, context, failed), turns):
            metric = found.metric
            if metric is None:
                metric = declaration.name.shown if declaration is not None else ""
            # What a wrapper gives to all that it makes is said once, of the first.
            if owners.setdefault((each.code, found.position), metric) == metric:
                raw.setdefault((each.code, found.position, found.message), (each, found, metric))
    if failed:
        facts = facts.joined(Facts(unread=tuple(failed)))
        unread = ran.get(UNREAD)
        if unread is not None:
            for one in failed:
                found = Found(one.position, one.why, one.remedy)
                raw[UNREAD, one.position, one.why] = (unread, found, "")
    kept, suppressed, idle = sifted(list(raw.values()), facts.suppressions, ran, options)
    return Report(_settled([*kept, *idle], options), facts, suppressed)


def _is_conventional(declaration: Declaration, registry: Registry) -> bool:
    """Whether a name is one of the conventions, or was: then R801 has said all there is to say."""
    name = known_name(declaration, registry)
    if name is None:
        # A client's own name may be a convention's to the letter.
        name = declaration.name.value or ""
    return registry.metric(name) is not None or registry.successor(name) is not None


def is_chosen(rule: Rule, options: Options) -> bool:
    """Whether a rule runs: the longest code of `select` and `ignore` that fits it decides.

    A rule that is off by default wants its whole code in `select`. What could not be read is
    always told, as it fails the run in any case.
    """
    if rule.code == UNREAD:
        return True
    if not rule.default and rule.code not in options.select:
        return False
    ignored = _longest(rule.code, options.ignore)
    if not options.select:
        return ignored < 0
    return ignored < _longest(rule.code, options.select)


def _spared(options: Options) -> Callable[[Raw], bool]:
    """Which findings are in files that `per-file-ignores` spares their rule."""
    if not options.per_file_ignores:
        return lambda raw: False
    from ninefold.conformance._patterns import Patterns  # few runs need it

    listed = [
        (Patterns((pattern,), options.folder), codes)
        for pattern, codes in options.per_file_ignores.items()
    ]
    return lambda raw: (
        raw[0].code != UNREAD
        and any(
            _longest(raw[0].code, codes) >= 0 and patterns.fit(raw[1].position.path)
            for patterns, codes in listed
        )
    )


def _longest(code: str, prefixes: tuple[str, ...]) -> int:
    return max((len(each) for each in prefixes if code.startswith(each)), default=-1)


def _found(
    rule: Rule, context: Context, failed: list[Unread]
) -> Iterator[tuple[Declaration | None, Found]]:
    """What a rule finds; that it fails, and where first, goes to `failed`, and the rest is done."""
    subjects: Iterable[tuple[Declaration | None, Any, Position]]
    if rule.about == "run":
        subjects = [(None, context.facts, _NOWHERE)]
    elif rule.about == "declaration":
        subjects = ((each, each, each.position) for each in context.facts.declarations)
    else:
        subjects = ((each.declaration, each, each.position) for each in context.facts.uses)
    is_sound = True
    for declaration, subject, position in subjects:
        if declaration is not None and not _concerns(rule, declaration, context):
            continue
        try:
            for found in rule.check(subject, context):
                if not isinstance(found, Found):  # pyright: ignore[reportUnnecessaryIsInstance]  # rules of others
                    raise TypeError(f"it must yield ninefold.conformance.Found, got {found!r}")
                yield declaration, found
        except Exception as error:  # noqa: BLE001 - rules of others may raise whatever they like
            if is_sound:
                why = f"the rule {rule.code} failed here: {type(error).__name__}: {error}"
                failed.append(Unread(position, why, f"mend the rule, or ignore {rule.code}"))
            is_sound = False


def _said_once(
    found: Iterable[tuple[Declaration | None, Found]], turns: Mapping[Position | None, int]
) -> Iterator[tuple[Declaration | None, Found]]:
    """What holds of the names of every turn is said once, where the API is given their pattern."""
    waiting: dict[Position, list[tuple[Declaration, Found]]] = {}
    for declaration, each in found:
        where = None if declaration is None else declaration.argument
        if (
            declaration is not None
            and where is not None
            and declaration.is_patterned
            and each.position == declaration.name.position
        ):
            waiting.setdefault(where, []).append((declaration, each))
        else:
            yield declaration, each
    for where, said in waiting.items():
        of = dict.fromkeys(declaration for declaration, _ in said)
        if 1 < len(of) == turns[where]:
            first, each = said[0]
            yield first, each._replace(position=where, fix=None)
        else:
            yield from said


def _concerns(rule: Rule, declaration: Declaration, context: Context) -> bool:
    if not (rule.partly or declaration.is_resolved) or (
        rule.exempt and context.is_known(declaration)
    ):
        return False
    profile = context.profile(declaration)
    return profile == "both" or profile in rule.profiles


def _severity(code: str, options: Options) -> Severity | None:
    """What the project says of a rule: the longest code that fits it decides."""
    fitting = [each for each in options.severity if code.startswith(each)]
    return options.severity[max(fitting, key=len)] if fitting else None


def _settled(raw: Iterable[Raw], options: Options) -> tuple[Finding, ...]:
    """The findings in order; equal ones of a file are told apart by their number in it."""
    paths: dict[str, str] = {}
    is_spared = _spared(options)
    ordered = sorted(
        (each for each in raw if not is_spared(each)),
        key=lambda each: (each[1].position, each[0].code, each[1].message),
    )
    seen: dict[str, int] = {}
    findings: list[Finding] = []
    for rule, found, metric in ordered:
        severity = _severity(rule.code, options) or found.severity or rule.severity
        given = found.position.path
        path = paths.get(given) or paths.setdefault(given, beneath(given, options.folder))
        text = "\0".join(
            (rule.code, path, metric, found.message if found.same is None else found.same)
        )
        number = seen[text] = seen.get(text, 0) + 1
        findings.append(
            Finding(
                code=rule.code,
                severity=severity,
                message=found.message,
                position=found.position,
                metric=metric,
                remedy=found.remedy,
                fix=found.fix,
                fingerprint=digest(f"{text}\0{number}".encode("utf-8", "replace"), 10),
            )
        )
    return tuple(findings)
