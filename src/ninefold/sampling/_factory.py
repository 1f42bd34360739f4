"""What OpenTelemetry's own start of an application finds by entry point: our sampler.

- `OTEL_TRACES_SAMPLER=ninefold` (`opentelemetry-instrument`) looks in the group
  `opentelemetry_traces_sampler` and hands over the text of `OTEL_TRACES_SAMPLER_ARG`, or None.
- The declarative file (`OTEL_CONFIG_FILE`) looks in the group `opentelemetry_sampler`, and hands
  over nothing: unlike with exporters, `opentelemetry-configuration` 0.66 forgets what stands below
  `ninefold:`. So it is looked up in that file.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any, Final

from ninefold.config import sampler_settings
from ninefold.errors import ConfigurationError
from ninefold.sampling._model import Sampling
from ninefold.sampling._sampler import Sampler
from ninefold.sampling._settings import sampling_of

__all__ = ["sampler_from_declaration", "sampler_from_environment"]

_NAME: Final = "ninefold"
_CONFIG_FILE: Final = "OTEL_CONFIG_FILE"
_NOT_ASKED: Final = (
    "what stands below ninefold: in the declarative configuration is not known, as this release of"
    " opentelemetry-configuration does not hand it over; sampling by ninefold's own settings. Name"
    f" the file in {_CONFIG_FILE}, or write the settings into ninefold.toml"
)
_log = logging.getLogger("ninefold.sampling")


def sampler_from_environment(argument: str | None = None, /, **said: object) -> Sampler:
    """The sampler that `OTEL_TRACES_SAMPLER_ARG` asks for; without one, by ninefold's settings.

    What `setup()` would find counts too: `NINEFOLD_SAMPLING_*` above the argument, and
    `ninefold.toml` below it. `said` is what a declarative file says, beside which nothing counts.
    What is said there for all services about `keep` is left out, with a warning.

    Raises `ConfigurationError`, and logs it: the SDK turns every exception into one line, and
    keeps all traces.

    >>> sampler = sampler_from_environment("default=0.1,parent=ignore")
    >>> sampler.get_description()  # doctest: +ELLIPSIS
    'NinefoldSampler{default=0.1, parent=ignore...}'
    """
    try:
        sampling = sampling_of(sampler_settings(argument or said))
        if sampling.keep is not None and not said and "keep." not in (argument or ""):
            sampling = _decided_at_once(sampling)
        return Sampler(sampling)
    except ConfigurationError as error:
        _log.error("there is no sampler of ninefold: %s", error)
        raise


def sampler_from_declaration(**said: object) -> Sampler:
    """The sampler that a declarative file asks for, by what stands below `ninefold:` there.

    Raises `ConfigurationError`, and logs it.

    >>> sampler_from_declaration(default=0.1).get_description()  # doctest: +ELLIPSIS
    'NinefoldSampler{default=0.1, parent=respect...}'
    """
    return sampler_from_environment(None, **(said or _forgotten()))


def _decided_at_once(sampling: Sampling) -> Sampling:
    """The same without what a sampler alone cannot do.

    Refused, it would have the SDK keep all traces of a service that shares a file with others.
    """
    _log.warning(
        "traces are not kept for how they end: that needs ninefold.setup(), and here"
        " OpenTelemetry started the application; sampling goes on without keep, and without rules"
        " by route"
    )
    rules = [rule for rule in sampling.rules if rule.route is None]
    return replace(sampling, keep=None, rules=rules)


def _forgotten() -> Mapping[str, object]:
    """What the file says that the SDK reads; nothing where it is not found."""
    named = os.environ.get(_CONFIG_FILE, "").strip()
    if not named:
        _log.warning("%s", _NOT_ASKED)
        return {}
    try:
        configuration: Any = import_module("opentelemetry.configuration").load_config_file(named)
        found = list(_below(configuration.tracer_provider.sampler))
    except Exception as error:  # noqa: BLE001 - a third party's, which has read this file before
        _log.warning("%s (%s: %s)", _NOT_ASKED, named, error)
        return {}
    if any(each != found[0] for each in found):
        raise ConfigurationError(
            f"ninefold: stands {len(found)} times in {named}, with differing settings, and which"
            " of them a sampler is made of is not known; write the same settings everywhere"
        )
    return found[0] if found else {}


def _below(sampler: Any) -> Iterator[Mapping[str, object]]:
    """What stands below `ninefold:` in a sampler, and in those that it is made of."""
    if sampler is None:
        return
    others: Mapping[str, object] = getattr(sampler, "additional_properties", None) or {}
    if _NAME in others:
        said = others[_NAME]
        yield said if isinstance(said, Mapping) else {}
    parent_based = getattr(sampler, "parent_based", None)
    if parent_based is not None:
        for each in vars(parent_based).values():
            yield from _below(each)
