"""What the settings say of sampling."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final, cast

from ninefold.config import (
    Asked,
    Parse,
    Settings,
    overrides_of,
    positive,
    share,
    unasked_of,
    variable_of,
)
from ninefold.errors import ConfigurationError
from ninefold.sampling._keep import Buffer, Keep
from ninefold.sampling._model import Sampling, parent_of
from ninefold.sampling._rule import Rule, covered

__all__ = ["asked_of", "sampling_of", "sampling_said", "warn_of_covered", "warnings_of"]

_log = logging.getLogger("ninefold.sampling")
_KIND: Final = "sampling.rule"
_FIELDS: Final[Mapping[str, Parse[object]]] = {"rate": share, "per_second": positive}
"""What can be set of a rule by its name."""


def sampling_of(settings: Settings) -> Sampling:
    """As `sampling_said`; warns of rules that never decide."""
    sampling = sampling_said(settings)
    warn_of_covered(sampling.rules)
    return sampling


def sampling_said(settings: Settings) -> Sampling:
    """What is said of sampling, by environment, file or code.

    Raises `ConfigurationError` for a rule that cannot be meant, with its place.
    """
    where = settings.origin("sampling.rules").name
    rules = [
        Rule.of(each, f"rule {number} of {where}")
        for number, each in enumerate(settings.sampling_rules, 1)
    ]
    rules = [_overridden(rule, settings) for rule in rules]
    return Sampling(
        default=settings.sampling_ratio,
        parent=parent_of(settings.sampling_parent),
        rules=rules,
        target_per_s=settings.sampling_target,
        keep=_keep(settings, rules),
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


def asked_of(rules: Iterable[Rule]) -> list[Asked]:
    """What can be set of these rules by their names."""
    return [Asked(_KIND, rule.name, _FIELDS) for rule in rules]


def warnings_of(settings: Settings, sampling: Sampling) -> list[str]:
    """What is said in vain, a sentence each: rules that never decide, and names of none."""
    # Of policies others tell, who know them.
    about = [
        told
        for told in unasked_of(settings, asked_of(sampling.rules))
        if any(word in told for word in (f"{_KIND}.", variable_of(_KIND, "", "").rstrip("_")))
    ]
    return [*covered(tuple(sampling.rules)), *about]


def _overridden(rule: Rule, settings: Settings) -> Rule:
    found = overrides_of(settings, _KIND, rule.name, _FIELDS)
    if not found:
        return rule
    # The environment says what the file cannot know: of two words the stronger source's counts.
    strongest = min(found.values(), key=lambda each: each.origin.source != "environment")
    words = {
        field: each.value
        for field, each in found.items()
        if each.origin.source == strongest.origin.source
    }
    if len(words) > 1:
        told = " and ".join(each.origin.name for each in found.values())
        raise ConfigurationError(
            f"of the sampling rule {rule.name!r} one of rate and per_second can be said, got"
            f" {told}; leave one of them out"
        )
    [(field, value)] = words.items()
    number = cast("float", value)
    if field == "rate":
        return replace(rule, rate=number, per_second=None, drop=False)
    return replace(rule, rate=None, per_second=number, drop=False)


def _keep(settings: Settings, rules: Iterable[Rule]) -> Keep | None:
    """What is said of keeping traces for their outcome; None where no outcome keeps any.

    So a deployment turns off what code says by `sampling.keep.errors = false`.
    """
    said = (settings.keep_errors, settings.keep_slower_than, settings.keep_propagate)
    if all(word is None for word in said):
        return None
    errors = settings.keep_errors
    keep = Keep(
        errors=True if errors is None else errors,
        slower_than=settings.keep_slower_than,
        propagate=settings.keep_propagate or "decision",
    )
    by_route = any(rule.route is not None for rule in rules)
    return None if keep.keeps_nothing and not by_route else keep
