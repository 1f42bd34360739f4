"""Which traces are kept."""

from ninefold.sampling._deferral import Deferral
from ninefold.sampling._engine import Head
from ninefold.sampling._keep import Buffer, Keep
from ninefold.sampling._model import TARGET_PER_S, Cap, Sampling, cap, parent_of
from ninefold.sampling._part import Outcome, Part, Released
from ninefold.sampling._rule import Rule, Seen, covered
from ninefold.sampling._sampler import Sampler
from ninefold.sampling._settings import asked_of, sampling_of, sampling_said, warnings_of

__all__ = [
    "TARGET_PER_S",
    "Buffer",
    "Cap",
    "Deferral",
    "Head",
    "Keep",
    "Outcome",
    "Part",
    "Released",
    "Rule",
    "Sampler",
    "Sampling",
    "Seen",
    "asked_of",
    "cap",
    "covered",
    "parent_of",
    "sampling_of",
    "sampling_said",
    "warnings_of",
]
