"""How long to wait before a retry."""

from __future__ import annotations

from ninefold.resilience.backoff._engine import delay
from ninefold.resilience.backoff._model import Backoff, Jitter
from ninefold.resilience.backoff._retry_after import asked_wait, clamped, parse_retry_after

__all__ = ["Backoff", "Jitter", "asked_wait", "clamped", "delay", "parse_retry_after"]
