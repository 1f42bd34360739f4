"""What the settings say of sampling."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from ninefold.config import Settings
from ninefold.sampling._keep import Buffer, Keep
from ninefold.sampling._model import Sampling, parent_of
from ninefold.sampling._rule import Rule, covered

__all__ = ["sampling_of", "warn_of_covered"]

_log = logging.getLogger("ninefold.sampling")


def sampling_of(settings: Settings) -> Sampling:
    """What is said of sampling, by environment, file or code; warns of rules that never decide.

    Raises `ConfigurationError` for a rule that cannot be meant, with its place.
    """
    where = settings.origin("sampling.rules").name
    rules = [
        Rule.of(each, f"rule {number} of {where}")
        for number, each in enumerate(settings.sampling_rules, 1)
    ]
    warn_of_covered(rules)
    return Sampling(
        default=settings.sampling_ratio,
        parent=parent_of(settings.sampling_parent),
        rules=rules,
        target_per_s=settings.sampling_target,
        keep=_keep(settings),
        buffer=Buffer(
            max_mb=settings.buffer_max_mb,
            per_trace=settings.buffer_per_trace,
            grace=settings.buffer_grace,
            max_age=settings.buffer_max_age,
        ),
    )


def warn_of_covered(rules: Iterable[Rule]) -> None:
    """Log which rules never decide."""
    for told in covered(tuple(rules)):
        _log.warning("%s", told)


def _keep(settings: Settings) -> Keep | None:
    """What is said of keeping traces for their outcome; None where nothing is."""
    said = (settings.keep_errors, settings.keep_slower_than, settings.keep_propagate)
    if all(word is None for word in said):
        return None
    errors = settings.keep_errors
    return Keep(
        errors=True if errors is None else errors,
        slower_than=settings.keep_slower_than,
        propagate=settings.keep_propagate or "decision",
    )
