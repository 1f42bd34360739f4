"""Which traces are kept."""

from ninefold.sampling._deferral import Deferral, Outcome, Part, Released
from ninefold.sampling._engine import Head
from ninefold.sampling._keep import Buffer, Keep
from ninefold.sampling._model import Sampling
from ninefold.sampling._rule import Rule, Seen, covered

__all__ = [
    "Buffer",
    "Deferral",
    "Head",
    "Keep",
    "Outcome",
    "Part",
    "Released",
    "Rule",
    "Sampling",
    "Seen",
    "covered",
]
