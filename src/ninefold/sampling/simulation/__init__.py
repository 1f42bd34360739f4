"""What rules would keep of traffic: recorded, or made up. Pure, and by the engine that decides."""

from ninefold.sampling.simulation._mix import Mix, Route
from ninefold.sampling.simulation._model import Part, Process, Span
from ninefold.sampling.simulation._parts import Parts
from ninefold.sampling.simulation._replay import Outcome, replay
from ninefold.sampling.simulation._tally import Row, Share, Tally

__all__ = [
    "Mix",
    "Outcome",
    "Part",
    "Parts",
    "Process",
    "Route",
    "Row",
    "Share",
    "Span",
    "Tally",
    "replay",
]
