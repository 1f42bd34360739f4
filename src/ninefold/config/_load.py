"""Reads the environment and the file of settings, and logs what is wrong with them."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from ninefold.config import _file
from ninefold.config._decision import Deliberation, Said
from ninefold.config._file import ConfigurationFile
from ninefold.config._headers_file import with_headers_of_files
from ninefold.config._model import Settings
from ninefold.config._override import Asked, Override, OverrideKind, overrides_in, unasked_in
from ninefold.config._sampler_argument import ARGUMENT, SAMPLER, argued
from ninefold.config._setting import Parse
from ninefold.config._settle import settle
from ninefold.config._standard import OURS
from ninefold.config._table import CONFIG_VARIABLE, RESILIENCE

_log = logging.getLogger("ninefold.config")


def load(
    *,
    code: Mapping[str, object],
    environ: Mapping[str, str] | None = None,
    start: Path | None = None,
) -> Settings:
    """The effective settings. Environment > file > code > defaults, for every setting alike.

    - `code` is what `setup()` was told, by the settings' keys (`"sampling.default"`); None there
      is the same as nothing.
    - `environ` is `os.environ` by default. Empty variables count as unset, as OpenTelemetry says.
    - `start` is where the file is looked for, the working directory by default, and upwards to the
      root of the repository. `NINEFOLD_CONFIG` names a file instead, which then must exist.

    A wrong value, an unknown key in the file or in `code`, and an unreadable file raise
    `ConfigurationError`. A wrong `OTEL_*` variable is logged as a warning and ignored
    (OpenTelemetry specification, "Environment Variable Specification"); an unknown `NINEFOLD_*`
    variable likewise. `Settings.problems` has the same warnings. `OTEL_SDK_DISABLED=true` wins
    over everything.

    >>> load(code={"otlp.timeout": 1}, environ={"NINEFOLD_OTLP_TIMEOUT": "500ms"}).otlp_logs.timeout
    0.5
    """
    settings = read(code=code, environ=environ, start=start)
    for problem in settings.problems:
        _log.warning("%s", problem)
    return settings


def read(
    *,
    code: Mapping[str, object],
    environ: Mapping[str, str] | None = None,
    start: Path | None = None,
) -> Settings:
    """What `load` gives, without a word in the log: for those who show the problems themselves."""
    environ = os.environ if environ is None else environ
    file = _locate(environ.get(CONFIG_VARIABLE, "").strip(), _directory(start))
    return _settled(environ, file, code)


def _settled(
    environ: Mapping[str, str], file: ConfigurationFile | None, code: Mapping[str, object]
) -> Settings:
    said = replace(_said(environ, file), code=code)
    settings = settle(said, file=None if file is None else file.path)
    # The switch that turns everything off must not depend on files being right.
    return settings if settings.disabled else with_headers_of_files(settings)


def reread(before: Settings, *, code: Mapping[str, object], start: Path | None = None) -> Settings:
    """What `read` gives now, by the file that `before` came from, which must still be there.

    Where there was none it is looked for again, from `start`.
    """
    if before.file is None:
        return read(code=code, start=start)
    return _settled(os.environ, _file.read(before.file), code)


def sampler_settings(said: str | Mapping[str, object] = "") -> Settings:
    """The settings of a sampler of ours that stands alone, without `setup()`.

    - A text is what `OTEL_TRACES_SAMPLER_ARG` says: it counts as `setup()` would have it count,
      below `NINEFOLD_SAMPLING_*` and above the file of settings.
    - A mapping is what a declarative file says, beside which nothing else counts.
    - Nothing leaves what `setup()` would find.

    Raises `ConfigurationError` for what cannot be meant, where `load` only warns: whoever asks for
    a sampler gets the one that is asked for, or none.
    """
    if isinstance(said, str):
        argued(said)
        return load(code={}, environ={**os.environ, SAMPLER: OURS, ARGUMENT: said})
    if not said:
        return load(code={})
    return settle(Said(argued=argued(said, "the sampler's configuration")))


def overrides(
    kind: OverrideKind,
    name: str,
    fields: Mapping[str, Parse[object]],
    *,
    own: bool = False,
    environ: Mapping[str, str] | None = None,
    start: Path | None = None,
) -> Mapping[str, Override]:
    """What the deployment sets in the place of what code says of one policy; environment > file.

    - `kind` and `name` say whose: `[policy.search]` and `NINEFOLD_POLICY_SEARCH_…`, or the policy
      in `[dependency.psp.policy]` and `NINEFOLD_DEPENDENCY_PSP_POLICY_…`.
    - `fields` holds a parser for each field that can be set (`"retry.attempts"`). What is returned
      has those that somebody sets.
    - `own` fields are those of the dependency itself: `[dependency.psp]`.

    Works without `setup()`; the file is read once, whoever asks, until `forget_file()`. A wrong
    value, a key in the file that is no field and an unreadable file raise `ConfigurationError`.

    >>> from ninefold.config import count
    >>> fields = {"retry.attempts": count(1, "attempts")}
    >>> environ = {"NINEFOLD_POLICY_SEARCH_RETRY_ATTEMPTS": "5"}
    >>> found = overrides("policy", "search", fields, environ=environ)
    >>> found["retry.attempts"].value, found["retry.attempts"].origin.source
    (5, 'environment')
    """
    return overrides_in(_heard(environ, start), kind, name, fields, own=own)


def overrides_of(
    settings: Settings, kind: OverrideKind, name: str, fields: Mapping[str, Parse[object]]
) -> Mapping[str, Override]:
    """As `overrides`, by what these settings were made of, which may have changed since."""
    assert settings.heard is not None
    return overrides_in(settings.heard, kind, name, fields)


def unasked_of(settings: Settings, asked: Iterable[Asked]) -> list[str]:
    """As `unasked`, by what these settings were made of."""
    assert settings.heard is not None
    return unasked_in(settings.heard, asked)


def unasked(
    asked: Iterable[Asked],
    *,
    environ: Mapping[str, str] | None = None,
    start: Path | None = None,
) -> list[str]:
    """What is overridden in vain, a sentence each; `asked` is all that can be overridden."""
    return unasked_in(_heard(environ, start), asked)


def is_resilience_on(
    *, environ: Mapping[str, str] | None = None, start: Path | None = None
) -> bool:
    """Whether policies guard calls: the setting `resilience`, without `setup()`."""
    said = _heard(environ, start)
    key = RESILIENCE.key
    own = replace(said, file={key: said.file[key]} if key in said.file else {})
    return Deliberation(own).choose(RESILIENCE).value


def forget_file() -> None:
    """Have `overrides` and its siblings read the file anew, as a test may want."""
    _remembered.cache_clear()


def _heard(environ: Mapping[str, str] | None, start: Path | None) -> Said:
    environ = os.environ if environ is None else environ
    return _said(environ, _remembered(environ.get(CONFIG_VARIABLE, "").strip(), _directory(start)))


def _said(environ: Mapping[str, str], file: ConfigurationFile | None) -> Said:
    if file is None:
        return Said(environ=environ)
    return Said(environ=environ, file=file.table, where=str(file.path), prefix=file.prefix)


def _directory(start: Path | None) -> Path | None:
    try:
        return Path.cwd() if start is None else start.absolute()
    except OSError:
        # The working directory is gone: there is nowhere to look.
        return None


def _locate(named: str, directory: Path | None) -> ConfigurationFile | None:
    if directory is None:
        return _file.read(Path(named)) if named else None
    return _file.read(directory / named) if named else _file.find(directory)


# A service may have hundreds of policies, each of which asks; there is one file, or a few in tests.
_remembered = lru_cache(maxsize=8)(_locate)
