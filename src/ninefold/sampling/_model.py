"""What a user says about sampling, checked once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ninefold.core import require_between, require_one_of

Parent = Literal["respect", "ignore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How many traces to keep.

    `default` is the share of traces kept, from 0 to 1; 1 by default, all of them. `parent` says
    what a decision that came with the request is worth: "respect", the default, follows it, so that
    a trace is whole or not there at all; "ignore" decides anew.

    Raises `ConfigurationError` for a share outside [0, 1] and for an unknown `parent`.

    >>> Sampling(default=0.1)
    Sampling(default=0.1, parent='respect')
    """

    default: float = 1.0
    parent: Parent = "respect"

    def __post_init__(self) -> None:
        require_between("default", self.default, 0.0, 1.0)
        require_one_of("parent", self.parent, ("respect", "ignore"))
