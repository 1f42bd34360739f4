"""Reads the environment and the file of settings, and logs what is wrong with them."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path

from ninefold.config import _file
from ninefold.config._decision import Said
from ninefold.config._file import ConfigurationFile
from ninefold.config._headers_file import with_headers_of_files
from ninefold.config._model import Settings
from ninefold.config._settle import settle
from ninefold.config._table import CONFIG_VARIABLE

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
    file = _locate(environ, start)
    said = Said(
        environ=environ,
        file={} if file is None else file.table,
        code=code,
        where="" if file is None else str(file.path),
        prefix="" if file is None else file.prefix,
    )
    settings = settle(said, file=None if file is None else file.path)
    # The switch that turns everything off must not depend on files being right.
    return settings if settings.disabled else with_headers_of_files(settings)


def _locate(environ: Mapping[str, str], start: Path | None) -> ConfigurationFile | None:
    named = environ.get(CONFIG_VARIABLE, "").strip()
    try:
        directory = Path.cwd() if start is None else start
    except OSError:
        # The working directory is gone: there is nowhere to look.
        return _file.read(Path(named)) if named else None
    return _file.read(directory / named) if named else _file.find(directory.absolute())
