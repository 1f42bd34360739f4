"""Rule: which traces are meant, and what becomes of them.

Over 300 lines, as what a rule says, means and covers is read together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from fnmatch import translate
from functools import partial
from types import MappingProxyType
from typing import Any, Final, Literal, Protocol, TypeAlias, cast, get_args

from ninefold.core import (
    nearest,
    require_between,
    require_name,
    require_one_of,
    require_positive,
    shown,
)
from ninefold.errors import ConfigurationError

__all__ = ["Kind", "Rule", "Seen", "covered", "holds"]

Kind: TypeAlias = Literal["server", "client", "internal", "producer", "consumer"]
_KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
_TAKEN: Final = frozenset({"default", "parent"})
_WILDCARD: Final = re.compile(r"[*?]|\[!?\]?[^\]]*\]")
_NOTHING: Final[Mapping[str, object]] = MappingProxyType({})


class Seen(Protocol):
    """What is known of a trace's first span here when it starts; asked where a rule asks.

    `path` and `method` are those of an HTTP request, None for what is none.
    """

    @property
    def sampled_path(self) -> str | None:
        """The path, below the server's own root path."""
        ...

    @property
    def sampled_method(self) -> str | None:
        """The HTTP method."""
        ...

    @property
    def sampled_kind(self) -> str:
        """The span's kind, as rules name it."""
        ...

    @property
    def sampled_attributes(self) -> Mapping[str, object]:
        """The attributes that the span starts with."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What becomes of the traces that it means; of several rules the first that fits decides.

    Which traces, all of it by what is known when the trace begins here:

    - `path` is a glob over the path of a request, below the server's root path: `*` stands for
      anything, slashes too, `?` for one character, `[ab]` for one of several.
    - `method` is an HTTP method; `kind` the first span's: `server`, `client`, `internal`,
      `producer` or `consumer`; `dependency` the name of what it calls (`service.peer.name`).
    - `attributes` of the first span: a value that must be equal, a compiled pattern that must be
      found in the text, or True for one that must be there.
    - `route` is a route's template, as it is written in code (`/users/{id}`), instead of `path`. It
      is not known before the request was routed, so such a rule acts when the trace's part here
      has ended, and needs `keep` in `Sampling`: it keeps more than the first decision did, and
      never less.

    And one of these:

    - `rate`: the share that is kept, from 0 to 1.
    - `per_second`: as many are kept per second, in each process; what one stands for goes on.
    - `drop=True`: none is kept.

    `override=True` has it decide against a caller's decision too: as it breaks traces that others
    keep, it is for what you know better, such as your own probes. `name` tells of it in
    `ninefold.sampling.decisions`.

    Raises `ConfigurationError` for what cannot be meant.

    >>> Rule(path="/pay/*", rate=1.0).name
    'path=/pay/*'
    """

    path: str | None = None
    method: str | None = None
    kind: Kind | None = None
    dependency: str | None = None
    route: str | None = None
    attributes: Mapping[str, object] = field(default_factory=lambda: _NOTHING)
    rate: float | None = None
    per_second: float | None = None
    drop: bool = False
    override: bool = False
    name: str = ""
    _path: re.Pattern[str] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for word in ("path", "method", "dependency", "route"):
            value = getattr(self, word)
            if value is not None:
                require_name(f"a rule's {word}", value)
        if self.route is not None and self.drop:
            raise ConfigurationError(
                f"a rule by route keeps and cannot drop, got route={self.route!r} with drop=True:"
                " services that were called may have kept their part; drop by path"
            )
        if self.route is not None and self.path is not None:
            raise ConfigurationError(
                f"a rule by route has the path in it, got route={self.route!r} with"
                f" path={self.path!r}; leave one of them out"
            )
        if self.path is not None and self.path[0] not in "/*?[":
            raise ConfigurationError(
                f"a rule's path must begin with / or a wildcard, got {shown(self.path)}; write"
                f" {'/' + self.path!r}"
            )
        if self.method is not None:
            object.__setattr__(self, "method", self.method.upper())
        if self.kind is not None:
            require_one_of("a rule's kind", self.kind, _KINDS)
        if not isinstance(cast("object", self.attributes), Mapping):
            raise ConfigurationError(
                f"a rule's attributes must be a mapping, got {shown(self.attributes)}; write"
                ' attributes={"tenant": "acme"}'
            )
        object.__setattr__(self, "attributes", MappingProxyType(dict(self.attributes)))
        given = [word for word in ("rate", "per_second") if getattr(self, word) is not None]
        if self.drop:
            given.append("drop")
        if len(given) != 1:
            told = " and ".join(given) or "none of them"
            raise ConfigurationError(
                f"a rule must say one of rate, per_second and drop=True, got {told}"
            )
        if self.rate is not None:
            require_between("a rule's rate", self.rate, 0.0, 1.0)
        if self.per_second is not None:
            require_positive("a rule's per_second", self.per_second, unit="traces per second")
        if self.name in _TAKEN:
            raise ConfigurationError(
                f"a rule's name must not be {self.name!r}, which says that no rule decided; choose"
                " another"
            )
        if self.name:
            require_name("a rule's name", self.name)
        else:
            object.__setattr__(self, "name", self._described())
        pattern = None if self.path is None else re.compile(translate(self.path))
        object.__setattr__(self, "_path", pattern)

    def __reduce__(self) -> tuple[Callable[[], Rule], tuple[()]]:
        # A read-only mapping cannot be pickled; made anew, the rule is checked again.
        said = {each.name: getattr(self, each.name) for each in fields(self) if each.init}
        return partial(type(self), **(said | {"attributes": dict(self.attributes)})), ()

    @classmethod
    def of(cls, said: object, where: str) -> Rule:
        """The rule that a table of a file says; `where` is said in messages.

        In a table `attributes` are equal values; a text between slashes is a pattern.
        """
        if isinstance(said, Rule):
            return said
        if not isinstance(said, Mapping):
            raise ConfigurationError(
                f"{where} must be a table with a rule, got {shown(said)}; write [[sampling.rules]]"
            )
        words = {each.name for each in fields(cls) if each.init}
        for word in said:
            if word not in words:
                near = nearest(str(word), sorted(words))
                hint = (
                    f"did you mean {near!r}?" if near else f"there are {', '.join(sorted(words))}"
                )
                raise ConfigurationError(f"a rule has no {word!r} ({where}); {hint}")
        taken: dict[str, Any] = dict(said)
        if isinstance(taken.get("attributes"), Mapping):
            taken["attributes"] = {
                key: _value(value, where) for key, value in taken["attributes"].items()
            }
        try:
            return cls(**taken)
        except ConfigurationError as error:
            raise ConfigurationError(f"{error} ({where})") from None

    def fits(self, seen: Seen) -> bool:
        """Whether it means a trace that begins with what was seen."""
        if self.kind is not None and seen.sampled_kind != self.kind:
            return False
        if self.method is not None and seen.sampled_method != self.method:
            return False
        if self._path is not None:
            path = seen.sampled_path
            if path is None or self._path.match(path) is None:
                return False
        if self.dependency is None and not self.attributes:
            return True
        found = seen.sampled_attributes
        if self.dependency is not None and found.get("service.peer.name") != self.dependency:
            return False
        return all(holds(found.get(key), wanted) for key, wanted in self.attributes.items())

    def covers(self, other: Rule) -> bool:
        """Whether it means every trace that `other` means: after it, `other` never decides."""
        if other.override and not self.override:
            return False
        if self.path is not None and not (
            other.path is not None and _takes_all(self.path, other.path)
        ):
            return False
        for word in ("method", "kind", "dependency", "route"):
            own = getattr(self, word)
            if own is not None and own != getattr(other, word):
                return False
        return all(
            key in other.attributes and _means_all(wanted, other.attributes[key])
            for key, wanted in self.attributes.items()
        )

    def _described(self) -> str:
        words = [
            f"{word}={getattr(self, word)}"
            for word in ("path", "method", "kind", "dependency", "route")
            if getattr(self, word) is not None
        ]
        words += [_told(key, wanted) for key, wanted in self.attributes.items()]
        if self.override:
            words.append("override")
        return " ".join(words)[:255] or "all"


def covered(rules: Sequence[Rule]) -> list[str]:
    """Which rules never decide, as an earlier one means all that they mean: a sentence each.

    >>> covered([Rule(path="/pay/*", rate=1.0), Rule(path="/pay/cards", drop=True)])
    ["the sampling rule 'path=/pay/cards' never decides: 'path=/pay/*', which comes first, means \
all that it means"]
    """
    told: list[str] = []
    for place, rule in enumerate(rules):
        first = next((each for each in rules[:place] if each.covers(rule)), None)
        if first is not None:
            told.append(
                f"the sampling rule {rule.name!r} never decides: {first.name!r}, which comes first,"
                " means all that it means"
            )
    return told


def _told(key: str, wanted: object) -> str:
    """An attribute as a rule asks for it: two rules that differ in it alone have two names."""
    if wanted is True:
        return key
    if isinstance(wanted, re.Pattern):
        pattern: re.Pattern[str] = wanted
        return f"{key}=/{pattern.pattern}/"
    return f"{key}={wanted}"


def _takes_all(path: str, other: str) -> bool:
    """Whether a glob surely means every path that the other one means."""
    if path == other:
        return True
    if path.count("?") or path.count("["):
        # What one of them may stand for, a wildcard of the other may not be, or be more than.
        return _WILDCARD.search(other) is None and re.match(translate(path), other) is not None
    # No path that is written has this character, so only a `*` takes it.
    return re.match(translate(path), _WILDCARD.sub("\0", other)) is not None


def _means_all(wanted: object, other: object) -> bool:
    """Whether each attribute that is as the other rule wants it is as this one does."""
    if wanted is True:
        return other is not False
    return type(wanted) is type(other) and wanted == other


def holds(found: object, wanted: object) -> bool:
    """Whether an attribute, or None where there is none, is as a rule wants it."""
    if found is None:
        return False
    if wanted is True and not isinstance(found, bool):
        return True
    if isinstance(wanted, re.Pattern):
        pattern: re.Pattern[str] = wanted
        return isinstance(found, str) and pattern.search(found) is not None
    return found == wanted


def _value(value: object, where: str) -> object:
    if isinstance(value, str) and len(value) > 2 and value[0] == value[-1] == "/":
        try:
            return re.compile(value[1:-1])
        except re.error as error:
            raise ConfigurationError(
                f"{shown(value)} is no regular expression ({where}): {error}"
            ) from None
    return value
