"""Trace ids that our sampler decided on before the SDK starts the span."""

from __future__ import annotations

import random
from contextvars import ContextVar

from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator

# A process's random state is copied by fork; siblings must not make the same ids.
_random = random.SystemRandom()


def seed_of_process() -> random.Random:
    """A generator of its own for this process, seeded by the operating system."""
    return random.Random(_random.getrandbits(128))


class DecidedIds(IdGenerator):
    """Gives the trace id that was decided on in this context, else a random one.

    Our middleware decides on a root's trace id before it knows whether there will be a span; the
    span that is then made has to have that id, or the decision was about another trace.
    """

    def __init__(self) -> None:
        self._inner = RandomIdGenerator()
        self.decided: ContextVar[int] = ContextVar("ninefold_decided_trace_id", default=0)

    def generate_trace_id(self) -> int:
        """The id decided on, or a new one."""
        return self.decided.get() or self._inner.generate_trace_id()

    def generate_span_id(self) -> int:
        """A new span id."""
        return self._inner.generate_span_id()

    def is_trace_id_random(self) -> bool:
        """Ids are random in all their bits, as W3C Trace Context level 2 may be told."""
        return True
