"""Matching: which of many rules fits first, though each thing is looked at once at most.

A set of rules is an int with a bit for each, the first rule's lowest. What is seen of a trace takes
bits away, by look-ups whose number hardly grows with the rules, and is not asked for where no rule
that is left wants to know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import translate
from typing import Final, TypeAlias, cast

from ninefold.sampling._rule import Rule, Seen, holds
from ninefold.telemetry import Started, method_of, path_of

__all__ = ["first_fitting"]

_METHOD: Final = "http.request.method"
_ROUTE: Final = "http.route"
_PATH: Final = "url.path"
_PEER: Final = "service.peer.name"
_WILDCARD: Final = re.compile(r"[*?[]")

_Match: TypeAlias = Callable[[str], object]
_Begun: TypeAlias = tuple[str, str, _Match | None, int]
"""What a path must be at least, and less than, what else must match, and the rule's bit."""
_Numbered: TypeAlias = Sequence[tuple[int, Rule]]


def first_fitting(rules: Sequence[Rule]) -> Callable[[Seen | Started], int]:
    """A function that tells the first rule that fits what is seen, by its bit, or 0 for none.

    The n-th rule has the bit 1 << n. It is the one that asking `Rule.fits` one by one would find.

    >>> first = first_fitting([Rule(path="/search", drop=True), Rule(path="/pay/*", rate=1.0)])
    >>> first(("server", {"url.path": "/pay/42"})), first(("server", {"url.path": "/"}))
    (2, 0)
    """
    every = (1 << len(rules)) - 1
    numbered = [(1 << place, rule) for place, rule in enumerate(rules)]
    kinds, any_kind = _by_value(((bit, rule.kind) for bit, rule in numbered), every)
    methods, any_method = _by_value(((bit, rule.method) for bit, rule in numbered), every)
    paths = _Paths(numbered)
    asking_path, any_path, exact, matched = paths.asking, ~paths.asking, paths.exact, paths.matched
    begun, short = paths.begun, paths.short
    asked = _Attributes(numbered, every)
    asking_attributes, keys, rest = asked.asking, asked.keys, asked.rest
    names, all_absent = asked.names, asked.absent
    unsettled = sum(rest)

    # One function, and exact types first: a call costs more than all that is done here.
    def first(seen: Seen | Started) -> int:
        given: Mapping[str, object] | None = None
        if type(seen) is tuple:
            kind, given = seen
            method = given.get(_METHOD)
            if type(method) is not str or not method:
                method = _plain(method_of(given))
            path = given.get(_ROUTE)
            if type(path) is not str or not path:
                path = given.get(_PATH)
                if type(path) is not str:
                    path = _plain(path_of(given))
        else:
            described = cast("Seen", seen)
            kind, method = described.sampled_kind, _plain(described.sampled_method)
            path = _plain(described.sampled_path) if asking_path else None
        left = methods.get(method, any_method)
        if kinds:
            left &= kinds.get(kind, any_kind)
        if left & asking_path:
            if path is None:
                left &= any_path
            else:
                fits = any_path | exact.get(path, 0)
                for low, high, match, bit in begun.get(path[1], short) if len(path) > 1 else short:
                    if low <= path < high and (match is None or match(path)):
                        fits |= bit
                if matched:
                    for match, bit in matched:
                        if match(path):
                            fits |= bit
                left &= fits
        if not left & asking_attributes:
            return left & -left
        if given is None:
            given = cast("Seen", seen).sampled_attributes
        for name in names:
            if name in given:
                break
        else:
            left &= all_absent
            return left & -left
        for name, texts, any_text, absent in keys:
            value = given.get(name)
            if value is None:
                left &= absent
            else:
                left &= texts.get(value if type(value) is str else _plain(value), any_text)
        while left & unsettled:
            bit = left & -left
            if all(holds(given.get(name), wanted) for name, wanted in rest.get(bit, ())):
                break
            left ^= bit
        return left & -left

    return first


class _Paths:
    """The rules that ask for a path, by how it is found out whether theirs fits."""

    def __init__(self, numbered: _Numbered) -> None:
        self.asking = 0
        self.exact: dict[str, int] = {}
        self.matched: list[tuple[_Match, int]] = []
        """Of those that begin with a wildcard: what must match, and whose it is."""
        begun: list[_Begun] = []
        for bit, rule in numbered:
            if rule.path is None:
                continue
            self.asking |= bit
            wildcard = _WILDCARD.search(rule.path)
            if wildcard is None:
                self.exact[rule.path] = self.exact.get(rule.path, 0) | bit
                continue
            match = re.compile(translate(rule.path)).match
            beginning, following = rule.path[: wildcard.start()], rule.path[wildcard.start() :]
            if not beginning:
                self.matched.append((match, bit))
            else:
                # Texts that begin so lie between it and the next that does not: there is one, as
                # a rule's path is printable, which the highest character is not.
                after = beginning[:-1] + chr(ord(beginning[-1]) + 1)
                begun.append((beginning, after, match if following.strip("*") else None, bit))
        self.short = tuple(each for each in begun if len(each[0]) == 1)
        """Of those that begin with one character, which is a slash for all others too."""
        self.begun = {
            second: tuple(each for each in begun if each[0][1:2] in ("", second))
            for second in {each[0][1] for each in begun if len(each[0]) > 1}
        }
        """Of those that begin with more, and those, by the second character."""


def _by_value(asked: Iterable[tuple[int, str | None]], every: int) -> tuple[dict[object, int], int]:
    """What each value leaves of the rules, and what any other leaves: those that ask for none."""
    values: dict[object, int] = {}
    others = every
    for bit, value in asked:
        if value is not None:
            values[value] = values.get(value, 0) | bit
            others &= ~bit
    return {value: bits | others for value, bits in values.items()}, others


class _Attributes:
    """The rules that ask for attributes: for plain texts by look-up, one by one for the rest."""

    def __init__(self, numbered: _Numbered, every: int) -> None:
        self.asking = 0
        self.rest: dict[int, list[tuple[str, object]]] = {}
        """Of a rule's attributes those that no look-up settles."""
        texts: dict[str, dict[int, str | None]] = {}
        for bit, rule in numbered:
            if rule.dependency is not None:
                self.asking |= bit
                texts.setdefault(_PEER, {})[bit] = rule.dependency
            for key, value in rule.attributes.items():
                self.asking |= bit
                asked = texts.setdefault(key, {})
                if type(value) is str and bit not in asked:
                    asked[bit] = value
                else:
                    asked.setdefault(bit, None)
                    self.rest.setdefault(bit, []).append((key, value))
        self.names = tuple(texts)
        self.absent = every & ~self.asking
        """What is left where none of them is there."""
        self.keys = [
            (name, *_by_value(asked.items(), every), every & ~sum(asked))
            for name, asked in texts.items()
        ]
        """Each with what its texts leave, what any other value leaves, and what its absence."""


def _plain(value: object) -> str | None:
    """A text as a dict finds it: the hash of a `str` enumeration's member is another."""
    return str.__str__(value) if isinstance(value, str) else None
