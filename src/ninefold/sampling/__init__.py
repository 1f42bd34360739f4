"""Which traces are kept."""

from ninefold.sampling._engine import Head
from ninefold.sampling._model import Sampling

__all__ = ["Head", "Sampling"]
