"""Health: whether dependencies work, told so that no healthy instance is taken away."""

from ninefold.health._model import Check, Finding, Judged, Patience, Place, Probed

__all__ = ["Check", "Finding", "Judged", "Patience", "Place", "Probed"]
