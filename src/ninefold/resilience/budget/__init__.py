"""How many retries all calls together may make."""

from __future__ import annotations

from ninefold.resilience.budget._engine import Tokens
from ninefold.resilience.budget._model import Budget

__all__ = ["Budget", "Tokens"]
