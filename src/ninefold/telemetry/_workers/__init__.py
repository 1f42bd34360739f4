"""Several workers of one server: who they are, what they count, and what they tell each other."""

# `_siblings` maps files into memory, which Windows has no locks for: imported where it is used.
from ninefold.telemetry._workers._board import Board
from ninefold.telemetry._workers._family import AUTO, OFF

__all__ = ["AUTO", "OFF", "Board"]
