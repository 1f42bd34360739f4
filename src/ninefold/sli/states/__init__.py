"""What a service tells of itself: counted events, and states that rules ask for by the minute."""

from __future__ import annotations

from ninefold.sli.states._events import Counted, Events
from ninefold.sli.states._freshness import Freshness
from ninefold.sli.states._saturation import Saturation
from ninefold.sli.states._throughput import Throughput

__all__ = ["Counted", "Events", "Freshness", "Saturation", "Throughput"]
