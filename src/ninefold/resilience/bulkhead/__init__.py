"""At most so many calls at once, so that one slow dependency does not take every thread."""

from __future__ import annotations

from ninefold.resilience.bulkhead._engine import Places, Waiter
from ninefold.resilience.bulkhead._model import Bulkhead

__all__ = ["Bulkhead", "Places", "Waiter"]
