"""The sampling of a service: what is said of it, and by whom."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any, Final

from ninefold.config import Settings
from ninefold.errors import ConfigurationError
from ninefold.sampling import (
    TARGET_PER_S,
    Buffer,
    Deferral,
    Keep,
    Sampling,
)

__all__ = [
    "is_of_sampling",
    "require_sampling",
    "unsampled",
    "waiting",
    "waits_of",
    "words_of",
]

_BUFFER: Final = Buffer()
_KEYS: Final = frozenset(
    ("sampling.default", "sampling.parent", "sampling.rules", "sampling.target_per_s")
)
_RULES: Final = ("sampling.rule.", "NINEFOLD_SAMPLING_RULE_")


def require_sampling(sampling: object) -> None:
    """Refuse what is no `Sampling`."""
    if not isinstance(sampling, Sampling):
        raise ConfigurationError(
            f"sampling must be an nf.Sampling, got {sampling!r}; write nf.Sampling(default=0.1)"
        )


def words_of(sampling: Sampling | None) -> Mapping[str, object]:
    """What code says of what can change at run time, by the settings' keys.

    A target that is the default is no word: then a standard sampler of the environment has none.
    """
    if sampling is None:
        return dict.fromkeys(_KEYS)
    target = sampling.target_per_s
    return {
        "sampling.default": sampling.default,
        "sampling.parent": str(sampling.parent),
        "sampling.rules": sampling.rules or None,
        "sampling.target_per_s": (
            math.inf if target is None else None if target == TARGET_PER_S else target
        ),
    }


def is_of_sampling(key: str) -> bool:
    """Whether a row of the settings says what can change at run time."""
    return key in _KEYS or key.startswith(_RULES)


def unsampled(settings: Settings) -> Settings:
    """The settings but for what can change at run time, to compare the rest."""
    return replace(
        settings,
        sampling_ratio=1.0,
        sampling_parent="respect",
        sampling_rules=(),
        sampling_target=TARGET_PER_S,
    )


def waiting(keep: Keep, buffer: Buffer, weigh: Callable[[Any], int]) -> Deferral[Any]:
    """Where the spans of a process wait for how their traces end."""
    return Deferral(keep, buffer, weigh)


def waits_of(sampling: Sampling | None) -> Mapping[str, object]:
    """What code says of traces that wait for their outcome."""
    if sampling is None:
        return {}
    keep, buffer = sampling.keep, sampling.buffer
    return {
        "sampling.keep.errors": None if keep is None else keep.errors,
        "sampling.keep.slower_than": None if keep is None else keep.slower_than,
        "sampling.keep.propagate": None if keep is None else keep.propagate,
        # Also where a file alone says what is kept; what is as it is by default was not said.
        **{
            f"sampling.buffer.{word}": None if value == getattr(_BUFFER, word) else value
            for word, value in asdict(buffer).items()
        },
    }
