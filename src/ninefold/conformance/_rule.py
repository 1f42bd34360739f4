"""Rules: what one is, what it is told, and how one is written.

    @rule("U204", "plural-annotation", "W", fix="safe", source="semantic conventions: units")
    def plural_annotation(declaration: Declaration, context: Context) -> Iterator[Found]:
        '''A unit's annotation is plural. …'''

The docstring is the rule's page: its first paragraph says what is found, then come the sections
`Why`, `Bad` and `Use instead`, each headed `## …`. It is parsed when it is shown, never in a run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    Literal,
    NamedTuple,
    Protocol,
    TypeAlias,
    TypeVar,
    get_args,
)

from ninefold.conformance._facts import Declaration, Facts, Profile, Use
from ninefold.conformance._finding import SEVERITIES, FixKind, Found, Severity
from ninefold.errors import ConfigurationError

if TYPE_CHECKING:
    from ninefold.conformance._options import Options

About: TypeAlias = Literal["declaration", "use", "run"]
Check: TypeAlias = Callable[[Any, "Context"], Iterable[Found]]
CheckT = TypeVar("CheckT", bound=Callable[..., Iterable[Found]])
RememberedT = TypeVar("RememberedT")
_CODE: Final = re.compile(r"[A-Z][A-Z0-9]*-[A-Z][0-9]{3}")
EVERY_PROFILE: frozenset[Profile] = frozenset({"otel", "prometheus"})


class Registry(Protocol):
    """What the rules ask of the conventions and of a project's own registry merged over them.

    The mappings are those of `semconv-facts.json`: a metric has `instrument`, `unit`, `stability`,
    `attributes` (key to level) and where it is so `deprecated`; an attribute `type` (a list of its
    values for an enum), `stability` and `deprecated`.
    """

    @property
    def version(self) -> str:
        """Which conventions these are, as in `v1.44.0`."""
        ...

    def metric(self, name: str) -> Mapping[str, Any] | None:
        """What is said of the metric `name`; None for one that is not there."""
        ...

    def attribute(self, key: str) -> Mapping[str, Any] | None:
        """What is said of the attribute `key`; None for one that is not there."""
        ...

    @property
    def metrics(self) -> Iterable[str]:
        """The names of all metrics."""
        ...

    @property
    def attributes(self) -> Iterable[str]:
        """The keys of all attributes."""
        ...

    def successor(self, name: str) -> str | None:
        """The live metric that the deprecated or renamed `name` has become, if any."""
        ...

    def attribute_successor(self, key: str) -> str | None:
        """The live attribute that the deprecated or renamed `key` has become, if any."""
        ...

    @property
    def own(self) -> frozenset[str] | None:
        """The metrics that the project's registry declares; None where it has no registry."""
        ...

    def of_prometheus(self, stored: str) -> str | None:
        """The metric, live or old, that Prometheus stores under the name `stored`."""
        ...

    def of_prometheus_in_other_unit(self, stored: str) -> tuple[str, str] | None:
        """The live metric that `stored` is but for its unit, and the word of that unit."""
        ...

    def near(self, key: str) -> str | None:
        """The live attribute that the unknown `key` is a misspelling of, if it looks like one."""
        ...


def known_name(declaration: Declaration, registry: Registry) -> str | None:
    """The registry's name for the metric: its own, or that which Prometheus's stands for.

    An exposition speaks of conventions only where OpenTelemetry's exporter made it.
    """
    name = declaration.name.value
    if not name:
        return None
    if declaration.api in ("opentelemetry", "ninefold"):
        return name
    if declaration.api == "exposition" and declaration.scope is not None:
        return registry.of_prometheus(name)
    return None


class Context:
    """What a check may ask besides the fact at hand."""

    def __init__(
        self,
        facts: Facts,
        options: Options,
        registry: Registry,
        uses: Mapping[Declaration, tuple[Use, ...]] | None = None,
        known: frozenset[Declaration] = frozenset(),
    ) -> None:
        self.facts: Final = facts
        self.options: Final = options
        self.registry: Final = registry
        self.uses: Final = {} if uses is None else uses
        self.known: Final = known
        self.memory: Final[dict[str, Any]] = {}

    def remembered(self, what: str, find: Callable[[], RememberedT]) -> RememberedT:
        """What `find` gives, asked once in a run."""
        if what not in self.memory:
            self.memory[what] = find()
        found: RememberedT = self.memory[what]
        return found

    def is_known(self, declaration: Declaration) -> bool:
        """Whether a name is exactly a convention's, which the registry is the authority for."""
        return declaration in self.known

    def profile(self, declaration: Declaration) -> Profile:
        """The profile under which a declaration is judged."""
        return self.options.profile or declaration.profile


class Rule(NamedTuple):
    """One rule.

    `about` says what `check` is called with: each declaration, each use, or once all facts. A check
    about declarations or uses sees only those of `profiles`, and only names that are resolved
    unless `partly` says otherwise. `exempt` leaves out names that are exactly a convention's.
    `default` False means that it runs only when it is selected by its whole code.
    """

    code: str
    slug: str
    severity: Severity
    check: Check
    about: About
    source: str
    fix: FixKind | None = None
    profiles: frozenset[Profile] = EVERY_PROFILE
    partly: bool = False
    exempt: bool = False
    default: bool = True

    @property
    def text(self) -> str:
        """The rule's page as it was written, in Markdown."""
        from inspect import cleandoc

        return cleandoc(self.check.__doc__ or "")

    @property
    def what(self) -> str:
        """What it finds, in one sentence."""
        return " ".join(self.text.partition("\n\n")[0].split())

    @property
    def page(self) -> str:
        """All of it for a reader, in Markdown: what the documentation shows, and `explain`."""
        severity = {"E": "error", "W": "warning", "I": "information"}[self.severity]
        fix = "none" if self.fix is None else self.fix
        body = self.text.partition("\n## ")
        return (
            f"# {self.code}: {self.slug}\n\nSeverity: {severity}. Fix: {fix}."
            f" Source: {self.source}.\n\n{body[0].strip()}\n\n## {body[2]}".rstrip()
        )

    def section(self, title: str) -> str:
        """The text under the heading `title`; empty where there is none."""
        _, _, rest = f"\n{self.text}\n".partition(f"\n## {title}\n")
        return rest.partition("\n## ")[0].strip()


def rule(
    code: str,
    slug: str,
    severity: Severity,
    *,
    source: str,
    about: About = "declaration",
    fix: FixKind | None = None,
    profiles: Iterable[Profile] = EVERY_PROFILE,
    partly: bool = False,
    exempt: bool | None = None,
    default: bool = True,
) -> Callable[[CheckT], CheckT]:
    """Make a rule of a check; ours are written without the `NF-` that begins their codes.

    The rule is the check's attribute `rule`, which is how a module's rules are found. `exempt` is
    true by default for names, units, instruments and clashes (N, U, I, C): the registry is the
    authority for its own names. Raises `ConfigurationError` for a code of another form.
    """
    full = code if "-" in code else f"NF-{code}"
    if not _CODE.fullmatch(full):
        raise ConfigurationError(
            "a rule's code must be a prefix, a letter and three digits, as 'ACME-N101',"
            f" got {code!r}"
        )
    if severity not in SEVERITIES:
        raise ConfigurationError(
            f"severity of {full} must be one of {', '.join(map(repr, SEVERITIES))},"
            f" got {severity!r}"
        )
    if about not in get_args(About):
        raise ConfigurationError(
            f"about of {full} must be one of {', '.join(map(repr, get_args(About)))}, got {about!r}"
        )
    family = full.rpartition("-")[2][0]

    def decorate(check: CheckT) -> CheckT:
        check.rule = Rule(  # type: ignore[attr-defined]  # read by `rules_in`
            code=full,
            slug=slug,
            severity=severity,
            check=check,
            about=about,
            source=source,
            fix=fix,
            profiles=frozenset(profiles),
            partly=partly,
            exempt=family in "NUIC" if exempt is None else exempt,
            default=default,
        )
        return check

    return decorate


def rules_in(namespace: Mapping[str, object]) -> Iterator[Rule]:
    """The rules that a module's namespace holds, in the order in which they are written."""
    for value in list(namespace.values()):
        found = getattr(value, "rule", None)
        if isinstance(found, Rule):
            yield found
