"""Headers that stand in a file, as secrets are mounted into a container. No message repeats one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from ninefold.config import _parse
from ninefold.config._model import OtlpSettings, Row, Settings
from ninefold.core import REDACTED
from ninefold.errors import ConfigurationError

# A name holds neither sign, so the first one decides how the line is meant.
_FIELD: Final = re.compile(r"\s*([^\s:=]+)\s*:\s*(.*\S)\s*")


def with_headers_of_files(settings: Settings) -> Settings:
    """`settings` with the headers of all files that they name. Raises `ConfigurationError`."""
    targets = (settings.otlp_traces, settings.otlp_metrics, settings.otlp_logs)
    paths = {target.headers_file for target in targets} - {None}
    if not paths:
        return settings
    read = {path: _read(path) for path in paths if path is not None}
    traces, metrics, logs = (_with_headers(target, read) for target in targets)
    rows = tuple(_with_names(row, read) for row in settings.rows)
    return replace(settings, otlp_traces=traces, otlp_metrics=metrics, otlp_logs=logs, rows=rows)


def _with_headers(target: OtlpSettings, read: Mapping[str, Mapping[str, str]]) -> OtlpSettings:
    path = target.headers_file
    if path is None:
        return target
    twice = sorted(target.headers.keys() & read[path].keys())
    if twice:
        raise ConfigurationError(
            f"the header {twice[0]!r} is given by otlp.headers and by the file {path!r} of"
            " otlp.headers_file; remove one of them"
        )
    return replace(target, headers=MappingProxyType({**target.headers, **read[path]}))


def _with_names(row: Row, read: Mapping[str, Mapping[str, str]]) -> Row:
    if not row.key.endswith(".headers_file") or row.value not in read:
        return row
    names = ", ".join(f"{name}={REDACTED}" for name in read[row.value])
    return replace(row, value=f"{row.value} ({names})")


def _read(path: str) -> Mapping[str, str]:
    """The headers in a file: `name: value` lines, taken as they are, or pairs as variables hold."""
    what = f"the file {path!r} of the setting otlp.headers_file"
    try:
        content = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"{what} cannot be read: {error.strerror or type(error).__name__}; correct"
            " NINEFOLD_OTLP_HEADERS_FILE, or leave it out"
        ) from error
    except UnicodeDecodeError:
        # Not chained: the error holds the content.
        raise ConfigurationError(f"{what} must be UTF-8 text") from None
    found: dict[str, str] = {}
    for line in content.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            field = _FIELD.fullmatch(line)
            found |= _parse.headers(what, line if field is None else {field[1]: field[2]})
    if not found:
        raise ConfigurationError(
            f"{what} holds no header; write one `name: value` on each line, or leave it out"
        )
    return found
