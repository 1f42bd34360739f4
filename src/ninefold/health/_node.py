"""Node: one dependency at a moment, as the service's status is made of it."""

from __future__ import annotations

from dataclasses import dataclass

from ninefold.health._model import Judged, Place

__all__ = ["Node"]


@dataclass(frozen=True, slots=True)
class Node:
    """A dependency: its place, whether it is checked, and how it is."""

    place: Place
    judged: Judged
    is_checked: bool = True
