"""Sampler: our decision for anybody's tracer provider, without `setup()`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import TYPE_CHECKING, cast

from ninefold.core import shown
from ninefold.errors import ConfigurationError
from ninefold.sampling._engine import Head
from ninefold.sampling._model import Sampling
from ninefold.sampling._rule import Rule
from ninefold.sampling._settings import warn_of_covered
from ninefold.telemetry import Decisions, HeadSampler, bind, part

if TYPE_CHECKING:
    from ninefold.telemetry import Measuring

__all__ = ["Sampler"]


class Sampler(HeadSampler):
    """A `Sampler` of the OpenTelemetry SDK that keeps traces as `sampling` says.

    For a tracer provider of your own, where there is no `setup()`; with `ParentBased` around it or
    without, as it follows a parent by itself. What is decided is the same as under `setup()`, with
    two differences, as nothing but a span that starts is seen here:

    - A rule's `path` is matched against the span's `http.route` where it has one, else against its
      `url.path`.
    - A root path of the server is part of it.

    Decisions are counted in `ninefold.sampling.decisions`, by the service that is set up, or else
    through the global meter provider. It never raises into the application. A copy, or what is
    unpickled in another process, decides alike and counts its rates anew.

    Raises `ConfigurationError` for what is no `nf.Sampling`, and for one with `keep`: a sampler
    alone cannot hold spans until their trace has ended, as `setup()` can.

    >>> from opentelemetry.sdk.trace import TracerProvider
    >>> import ninefold as nf
    >>> sampler = nf.Sampler(nf.Sampling(default=0.1, parent="ignore"))
    >>> provider = TracerProvider(sampler=sampler)
    >>> sampler.get_description()  # doctest: +ELLIPSIS
    'NinefoldSampler{default=0.1, parent=ignore...}'
    """

    def __init__(self, sampling: Sampling, /) -> None:
        if not isinstance(cast("object", sampling), Sampling):
            raise ConfigurationError(
                f"a sampler takes an nf.Sampling, got {shown(sampling)}; write"
                " nf.Sampler(nf.Sampling(default=0.1))"
            )
        if sampling.keep is not None:
            raise ConfigurationError(
                f"a sampler alone cannot keep traces for how they end, got keep={sampling.keep!r}:"
                " somebody has to hold their spans until then; write"
                ' nf.setup("checkout", sampling=...), or leave keep out'
            )
        super().__init__(Head(sampling))
        warn_of_covered(sampling.rules)
        self._sampling = sampling
        # Held here: who tells it where to count holds it weakly.
        self._counting = _Counting()
        self.counted = self._counting.count
        self.failed = self._counting.failed

    def get_description(self) -> str:
        """How the SDK names this sampler: by all that it was told."""
        return f"NinefoldSampler{{{', '.join(_told(self._sampling))}}}"

    def __reduce__(self) -> tuple[type[Sampler], tuple[Sampling]]:
        return type(self), (self._sampling,)


class _Counting:
    """Where the decisions are counted: found at the first one, as nothing starts at import."""

    def __init__(self) -> None:
        self._measuring: Measuring | None = None
        self._decisions: Decisions | None = None
        bind(self)

    def bind(self, measuring: Measuring | None) -> None:
        """Count there from the next decision on."""
        self._measuring = measuring
        self._decisions = None

    def count(self, rule: str, kept: bool) -> None:
        """Count one decision."""
        decisions = self._decisions or self._found()
        if decisions is not None:
            decisions.count(rule, kept)

    def failed(self, error: Exception) -> None:
        """Count a fault that was kept from the application."""
        decisions = self._decisions or self._found()
        if decisions is not None:
            decisions.failed(error)

    def _found(self) -> Decisions | None:
        if self._measuring is not None and self._measuring.disabled:
            return None
        self._decisions = part(self._measuring, Decisions)
        return self._decisions


def _told(sampling: Sampling) -> Iterable[str]:
    for each in fields(sampling):
        value = getattr(sampling, each.name)
        if each.name == "buffer":
            continue  # nothing waits here
        if each.name == "rules":
            told = [f"{rule.name} {_share(rule)}" for rule in cast("tuple[Rule, ...]", value)]
            if told:
                yield f"rules=[{', '.join(told)}]"
        elif value is not None:
            yield f"{each.name}={value}"


def _share(rule: Rule) -> str:
    if rule.drop:
        return "drop"
    return f"rate={rule.rate}" if rule.rate is not None else f"per_second={rule.per_second}"
