"""Which traces are kept."""

from ninefold.sampling._engine import Head
from ninefold.sampling._model import Sampling
from ninefold.sampling._rule import Rule, Seen, covered

__all__ = ["Head", "Rule", "Sampling", "Seen", "covered"]
