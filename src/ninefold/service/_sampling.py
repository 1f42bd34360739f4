"""The sampling of a service: what is said of it, and what is in force."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from typing import Any

from ninefold.sampling import (
    TARGET_PER_S,
    Buffer,
    Deferral,
    Head,
    Keep,
    Sampling,
)
from ninefold.telemetry import HeadSampler, ServerTracing

_log = logging.getLogger("ninefold")


def words_of(sampling: Sampling | None) -> Mapping[str, object]:
    """What code says, by the settings' keys.

    A target that is the default is no word: then a standard sampler of the environment has none.
    """
    if sampling is None:
        return {}
    target = sampling.target_per_s
    return {
        "sampling.default": sampling.default,
        "sampling.parent": str(sampling.parent),
        "sampling.rules": sampling.rules or None,
        "sampling.target_per_s": (
            math.inf if target is None else None if target == TARGET_PER_S else target
        ),
        **_waits(sampling),
    }


def waiting(keep: Keep, buffer: Buffer, weigh: Callable[[Any], int]) -> Deferral[Any]:
    """Where the spans of a process wait for how their traces end."""
    return Deferral(keep, buffer, weigh)


def _waits(sampling: Sampling) -> dict[str, object]:
    """What code says of traces that wait for their outcome."""
    if sampling.keep is None:
        return {}
    keep, buffer = sampling.keep, sampling.buffer
    return {
        "sampling.keep.errors": keep.errors,
        "sampling.keep.slower_than": keep.slower_than,
        "sampling.keep.propagate": keep.propagate,
        "sampling.buffer.max_mb": buffer.max_mb,
        "sampling.buffer.per_trace": buffer.per_trace,
        "sampling.buffer.grace": buffer.grace,
        "sampling.buffer.max_age": buffer.max_age,
    }


class InForce:
    """What decides on a service's traces now: on requests, and on spans of the SDK."""

    def __init__(self, sampling: Sampling, sampler: HeadSampler, tracing: ServerTracing) -> None:
        self._sampling = sampling
        self._sampler = sampler
        self._tracing = tracing

    @property
    def sampling(self) -> Sampling:
        """What is in force."""
        return self._sampling

    def use(self, sampling: Sampling) -> None:
        """Decide by this from now on; what is being decided is decided by one of the two."""
        head = Head(sampling)
        self._sampler.use(head)
        self._tracing.use(head)
        self._sampling = sampling
