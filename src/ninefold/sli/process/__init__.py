"""The process that serves: its CPU, memory, threads and collector, and how late its loops are."""

from __future__ import annotations

from ninefold.sli.process._event_loops import EventLoops
from ninefold.sli.process._metrics import observe_process

__all__ = ["EventLoops", "observe_process"]
