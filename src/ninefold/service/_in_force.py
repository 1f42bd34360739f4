"""What decides on a service's traces now, and how that changes while the service runs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from ninefold.config import Row, Settings, reread
from ninefold.errors import ConfigurationError
from ninefold.sampling import Head, Rule, Sampling, covered, sampling_said, warnings_of
from ninefold.service._sampling import is_of_sampling, waiting, words_of
from ninefold.telemetry import HeadSampler, ServerTracing, restart_after_fork

_log = logging.getLogger("ninefold")


class InForce:
    """Holds the settings and the sampling of a service, and puts others in their place.

    `code` is what `setup()` was told, by the settings' keys; `start` is where it looked for a file.
    May be used from any thread: one change is made after the other, and each trace is decided on by
    what was in force before or after it, never by both.
    """

    def __init__(
        self,
        settings: Settings,
        sampling: Sampling,
        *,
        code: Mapping[str, object],
        start: Path | None,
    ) -> None:
        self._settings = settings
        self._said = sampling
        self._code = code
        self._start = start
        self._head = Head(sampling)
        self._lock = threading.RLock()
        self._held: Sampling | None = None
        self._bad = False
        self._at_start = _told(settings)
        self._later: dict[str, str | None] = {}
        keep = sampling.keep
        self.sampler = HeadSampler(
            self._head, None if keep is None else partial(waiting, keep, sampling.buffer)
        )
        """Decides on spans of the SDK."""
        self._tracing: ServerTracing | None = None
        # Overrides of what is not there are told with those of policies, once the service serves.
        self._warned = set(warnings_of(settings, sampling)) - set(covered(self.rules))
        self._warn(settings, sampling)
        restart_after_fork(self)

    @property
    def settings(self) -> Settings:
        """The settings, with what is said of sampling now."""
        return self._settings

    @property
    def sampling(self) -> Sampling:
        """What decides now."""
        return self._said if self._held is None else self._held

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that are said, which what is held may leave out."""
        return tuple(self._said.rules)

    def begin(self, settings: Settings, tracing: ServerTracing) -> None:
        """Have requests decided on too, for a service with these settings in the end."""
        self._settings = settings
        self._tracing = tracing
        decisions = tracing.decisions
        self.sampler.counted, self.sampler.outcome = decisions.count, decisions.outcome
        self.sampler.lost, self.sampler.failed = decisions.lost, decisions.failed

    def restart(self) -> None:
        """Take a lock of its own, as a forked child must."""
        self._lock = threading.RLock()

    def reload(self, sampling: Sampling | None = None) -> None:
        """Read file and environment again; `sampling`, if given, is what code says from now on.

        Raises `ConfigurationError` for what cannot be meant, which changes nothing.
        """
        with self._lock:
            code = self._code if sampling is None else {**self._code, **words_of(sampling)}
            settings = reread(self._settings, code=code, start=self._start)
            # Where spans wait is built with the exporters, once in a process.
            said = replace(sampling_said(settings), keep=self._said.keep, buffer=self._said.buffer)
            if sampling is not None and sampling.keep is not None:
                waits = sampling.keep, sampling.buffer
                if waits != (said.keep, said.buffer):
                    _log.warning("keep and buffer of reload() are left out: setup() sets them")
            self._code = code
            self._enter(settings, said)

    def reload_file(self) -> None:
        """As `reload`, where the file has changed by itself: what is wrong with it is logged."""
        try:
            self.reload()
        except ConfigurationError as error:
            self._bad = True
            _log.error("the sampling that is in force stays: %s", error)
        else:
            if self._bad:
                self._bad = False
                _log.info("%s can be read again", self._settings.file)

    def hold(self, sampling: Sampling | None) -> None:
        """Have `sampling` decide whatever is said, as a test may want; None for what is said."""
        with self._lock:
            self._held = sampling
            self._use()

    def _enter(self, settings: Settings, said: Sampling) -> None:
        """Put it in force; raises nothing."""
        before, self._said = self._said, said
        self._tell_of_later(settings)
        self._settings = replace(
            self._settings,
            sampling_ratio=settings.sampling_ratio,
            sampling_parent=settings.sampling_parent,
            sampling_rules=settings.sampling_rules,
            sampling_target=settings.sampling_target,
            rows=_joined(self._settings.rows, settings.rows),
            overrides=_joined(self._settings.overrides, settings.overrides),
            heard=settings.heard,
        )
        self._warn(settings, said)
        if said != before:
            self._use()
            _log.info("sampling has changed: %s", "; ".join(_changes(before, said)))

    def _use(self) -> None:
        self._head = Head(self.sampling, before=self._head)
        self.sampler.use(self._head)
        if self._tracing is not None:
            self._tracing.use(self._head)

    def _warn(self, settings: Settings, said: Sampling) -> None:
        told = set(warnings_of(settings, said))
        for each in sorted(told - self._warned):
            _log.warning("%s", each)
        self._warned = told

    def _tell_of_later(self, settings: Settings) -> None:
        """Say once what has changed and does not change at run time."""
        now = _told(settings)
        later = {
            key: now.get(key)
            for key in {**self._at_start, **now}
            if self._at_start.get(key) != now.get(key)
        }
        for key, value in later.items():
            if key not in self._later or self._later[key] != value:
                _log.info("%s changes at the next start", key)
        self._later = later


def _told(settings: Settings) -> dict[str, str]:
    """What cannot change at run time, as it is shown."""
    return {row.key: row.value for row in settings.explain() if not is_of_sampling(row.key)}


def _joined(before: tuple[Row, ...], now: tuple[Row, ...]) -> tuple[Row, ...]:
    """The rows of sampling as they are now, the others as they were; in the order of before."""
    fresh = {row.key: row for row in now if is_of_sampling(row.key)}
    kept = [fresh.pop(row.key, None) if is_of_sampling(row.key) else row for row in before]
    return (*(row for row in kept if row is not None), *fresh.values())


def _changes(before: Sampling, now: Sampling) -> list[str]:
    """What differs, in words."""
    found: list[str] = []
    for name in ("default", "parent", "target_per_s"):
        old, new = getattr(before, name), getattr(now, name)
        if old != new:
            found.append(f"{name} is {_shown(new)}, was {_shown(old)}")
    if before.rules != now.rules:
        rules = ", ".join(repr(rule.name) for rule in now.rules)
        found.append(f"rules are {rules}" if rules else "there are no rules")
    return found


def _shown(value: object) -> str:
    return "without a limit" if value is None else str(value)
