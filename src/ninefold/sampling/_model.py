"""What a user says about sampling, checked once."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, cast

from ninefold.core import require_between, require_one_of, require_positive, shown
from ninefold.errors import ConfigurationError
from ninefold.sampling._keep import Buffer, Keep
from ninefold.sampling._rule import Rule

__all__ = ["TARGET_PER_S", "Cap", "Parent", "Sampling", "cap", "parent_of"]

TARGET_PER_S: Final = 5.0
"""A few traces of every second show how a service works, and cost next to nothing at any load."""

_CAP: Final = "cap:"


@dataclass(frozen=True, slots=True)
class Cap:
    """How much of what callers keep is kept at most; made by `nf.cap`."""

    share: float

    def __post_init__(self) -> None:
        require_between("the share of nf.cap", self.share, 0.0, 1.0)

    def __str__(self) -> str:
        return f"{_CAP}{self.share!r}"


Parent: TypeAlias = Literal["respect", "ignore"] | Cap


def cap(share: float) -> Cap:
    """Follow a caller that keeps a trace for this share of traces at most, from 0 to 1.

    For a service at the edge, whose callers may say what they like. Traces that callers drop stay
    dropped. Of those they keep, the share is kept that other services with such a share keep too.

    >>> Sampling(parent=cap(0.05)).parent
    Cap(share=0.05)
    """
    return Cap(share)


def parent_of(word: str) -> Parent:
    """What a setting says of a parent: `respect`, `ignore`, or `cap:` and a share."""
    if word.startswith(_CAP):
        return Cap(float(word.removeprefix(_CAP)))
    return "ignore" if word == "ignore" else "respect"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """Which traces to keep, and how many.

    - `default` is the share of traces kept, from 0 to 1; 1 by default, as many as `target_per_s`
      lets pass.
    - `parent` says what a decision that came with the request is worth: "respect", the default,
      follows it, so that a trace is whole or not there at all; "ignore" decides anew;
      `nf.cap(0.05)` follows it, for that share of traces at most.
    - `rules` are asked in their order about traces that begin here; the first that fits decides,
      and `default` where none does.
    - `target_per_s` is how many traces per second this process keeps at most, 5 by default, of
      those that neither a rule nor a caller decides on. None sets no limit.
    - `keep` says which traces are kept for how they end; None, the default, decides on all of them
      when they begin. `buffer` bounds the memory in which they wait.

    Raises `ConfigurationError` for what cannot be meant.

    >>> Sampling(default=0.1, rules=[Rule(path="/pay/*", rate=1.0)]).rules[0].rate
    1.0
    """

    default: float = 1.0
    parent: Parent = "respect"
    rules: Iterable[Rule] = ()
    target_per_s: float | None = TARGET_PER_S
    keep: Keep | None = None
    buffer: Buffer = field(default_factory=Buffer)

    def __post_init__(self) -> None:
        require_between("default", self.default, 0.0, 1.0)
        if not isinstance(self.parent, Cap):
            if not isinstance(cast("object", self.parent), str) or self.parent.startswith(_CAP):
                raise ConfigurationError(
                    "parent must be 'respect', 'ignore' or an nf.cap, got"
                    f" {shown(self.parent)}; write parent=nf.cap(0.05)"
                )
            require_one_of("parent", self.parent, ("respect", "ignore"))
        if not isinstance(cast("object", self.rules), Iterable):
            raise ConfigurationError(
                f"rules must be a list of nf.Rule, got {shown(self.rules)}; write"
                " rules=[nf.Rule(path='/pay/*', rate=1.0)]"
            )
        object.__setattr__(self, "rules", tuple(self.rules))
        for rule in self.rules:
            if not isinstance(cast("object", rule), Rule):
                raise ConfigurationError(
                    f"rules must hold nf.Rule objects, got {shown(rule)}; write"
                    " nf.Rule(path='/pay/*', rate=1.0)"
                )
        if self.target_per_s == math.inf:
            # As a file writes it.
            object.__setattr__(self, "target_per_s", None)
        if self.target_per_s is not None:
            try:
                require_positive("target_per_s", self.target_per_s, unit="traces per second")
            except ConfigurationError as error:
                raise ConfigurationError(f"{error}; write None for no limit") from None
        if self.keep is not None and not isinstance(cast("object", self.keep), Keep):
            raise ConfigurationError(
                f"keep must be an nf.Keep, got {shown(self.keep)}; write"
                " keep=nf.Keep(errors=True, slower_than=1.0)"
            )
        if not isinstance(cast("object", self.buffer), Buffer):
            raise ConfigurationError(
                f"buffer must be an nf.Buffer, got {shown(self.buffer)}; write"
                " buffer=nf.Buffer(max_mb=32)"
            )
        named: dict[str, Rule] = {}
        for rule in self.rules:
            first = named.setdefault(rule.name, rule)
            if first.drop != rule.drop and not first.covers(rule):
                raise ConfigurationError(
                    f"of the rules named {rule.name!r} some drop and some do not, and what is"
                    " dropped for good goes by the name; give each a name of its own by name="
                )
        late = next((rule for rule in self.rules if rule.route is not None), None)
        if late is not None and self.keep is None:
            raise ConfigurationError(
                f"the rule {late.name!r} looks at the route, which is known when a trace has ended,"
                " and no trace waits for that; add keep=nf.Keep(), in a file errors = true under"
                " [sampling.keep], or use path"
            )
        if late is None and self.keep is not None and self.keep.keeps_nothing:
            raise ConfigurationError(
                "keep has all traces wait and keeps none of them, got errors=False without"
                " slower_than; say one of them, or leave keep out"
            )
