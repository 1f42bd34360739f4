"""What a UCUM unit says, or where it is wrong."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from ninefold.conformance.ucum._atoms import METRIC, NAMES, PLAIN, PREFIXES

Quantity: TypeAlias = Literal[
    "time",
    "information",
    "ratio",
    "count",
    "number",
    "length",
    "mass",
    "temperature",
    "frequency",
    "energy",
    "power",
    "current",
    "voltage",
    "rate",
    "other",
]
"""What a unit measures. `ratio`: `1` and parts of it; `count`: annotations alone; `number`: a
number that is not 1; `rate`: something per time; `other`: all that no rule asks for."""


class Fault(NamedTuple):
    """What is wrong, and with which characters, counted from 0."""

    start: int
    end: int
    message: str


class Term(NamedTuple):
    """One factor of a unit: `kBy2` is `k`, `By`, 2. Below a `/` the exponent is negative.

    A number is its digits as `atom`. A bare annotation has an empty `atom`.
    """

    prefix: str
    atom: str
    exponent: int
    annotation: str | None
    start: int
    end: int

    @property
    def quantity(self) -> str:
        """What the atom measures, whatever its exponent."""
        if not self.atom:
            return "count"
        if self.atom.isdigit():
            return "ratio" if self.atom == "1" else "number"
        return METRIC.get(self.atom) or PLAIN[self.atom]

    @property
    def name(self) -> str:
        """In words, `megabel` or `second`, so far as a word is known; else the code."""
        word = NAMES.get(self.atom)
        return f"{self.prefix}{self.atom}" if word is None else PREFIXES.get(self.prefix, "") + word


class Unit(NamedTuple):
    """A valid unit, as the product of its terms."""

    text: str
    terms: tuple[Term, ...]

    @property
    def annotations(self) -> tuple[str, ...]:
        """What stands in braces, without them."""
        return tuple(term.annotation for term in self.terms if term.annotation is not None)

    @property
    def single(self) -> Term | None:
        """The only term with an atom, where there is one and its exponent is 1."""
        with_atom = [term for term in self.terms if term.atom]
        if len(with_atom) == 1 and with_atom[0].exponent == 1:
            return with_atom[0]
        return None

    @property
    def quantity(self) -> Quantity:
        """What the unit measures.

        A count may stand before a single atom (`{request}`, `{packet}.s`) and leaves it as it is.
        """
        with_atom = [term for term in self.terms if term.atom]
        if not with_atom:
            # `{error}/{request}` is a share of requests, whatever the annotations call it.
            return "count" if all(term.exponent > 0 for term in self.terms) else "ratio"
        above = [term for term in with_atom if term.exponent > 0]
        below = [term for term in self.terms if term.exponent < 0]
        if not below and len(above) == 1 and above[0].exponent == 1:
            term = above[0]
            # `1{request}` counts requests.
            if term.atom == "1" and term.annotation:
                return "count"
            return term.quantity  # type: ignore[return-value]  # every row of the table is one
        if len(below) == 1 and below[0].quantity == "time" and below[0].exponent == -1:
            return "rate"
        if [term.atom for term in above] == [term.atom for term in below if term.atom]:
            return "ratio"
        return "other"
