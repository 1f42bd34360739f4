"""One whole check: what is named is read, and judged by the rules."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from fnmatch import fnmatch
from typing import Final

from ninefold.conformance._config import Configuration
from ninefold.conformance._engine import Report, is_chosen, run
from ninefold.conformance._facts import Facts, Position, Unread
from ninefold.conformance._options import Options
from ninefold.conformance._rule import Registry

_EXPOSITIONS: Final = (".prom", ".om", ".openmetrics", ".metrics", ".txt")
STANDARD_INPUT: Final = "-"


def check(
    paths: Sequence[str],
    options: Options,
    configuration: Configuration,
    *,
    is_cached: bool = False,
) -> Report:
    """Check files and folders of Python, expositions in files, at addresses, and `-` for stdin.

    With `is_cached` what was read of unchanged files before is taken from `.ninefold_cache` beside
    the configuration, and what is read now is kept there.

    Findings that the configured baseline knows are left out. Raises `ConfigurationError` for a
    registry or a baseline that is not there, or is none; what cannot be read besides is a
    finding of the report.
    """
    facts = read(paths, configuration, is_cached=is_cached)
    registry, unread = _registry(configuration)
    if unread:
        facts = facts.joined(Facts(unread=unread))
    from ninefold.conformance.rules import every_rule

    report = run(facts, options, every_rule(), registry)
    if configuration.baseline:
        from ninefold.conformance._baseline import read_baseline, without_known

        ran = {each.code for each in every_rule() if is_chosen(each, options)}
        known = read_baseline(configuration.baseline)
        report = without_known(report, known, paths, ran, options.folder)
    return report


def options_of(configuration: Configuration, *, today: str | None = None) -> Options:
    """The options that a configuration gives."""
    return Options(
        select=configuration.select,
        ignore=configuration.ignore,
        per_file_ignores=configuration.per_file_ignores,
        severity=configuration.severity,
        profile=configuration.profile,
        prefix=configuration.prefix,
        backends=configuration.backends,
        registry=configuration.registry,
        folder=configuration.folder,
        today=time.strftime("%Y-%m-%d") if today is None else today,
    )


def read(paths: Iterable[str], configuration: Configuration, *, is_cached: bool = False) -> Facts:
    """The facts in all that is named."""
    sources: list[str] = []
    facts = Facts()
    for path in paths:
        if (
            path == STANDARD_INPUT
            or path.startswith(("http://", "https://"))
            or (path.endswith(_EXPOSITIONS) and not os.path.isdir(path))
        ):
            facts = facts.joined(_exposition(path))
        elif os.path.isdir(path) or _is_python(path):
            sources.append(path)
        else:
            why = (
                f"neither Python (*.py) nor an exposition (*{', *'.join(_EXPOSITIONS)})"
                if os.path.exists(path)
                else "there is no such file or folder"
            )
            facts = facts.joined(Facts(unread=(Unread(Position(path, 1, 1, 1, 1), why),)))
    if not sources:
        return facts
    from ninefold.conformance.source import python_files
    from ninefold.conformance.source import read as read_source

    files: Iterable[str] = python_files(sources)
    if configuration.exclude:
        files = [each for each in files if not _is_excluded(each, configuration.exclude)]
    cache = None
    if is_cached:
        from ninefold.conformance._cache import Cache

        cache = Cache(configuration.folder, [os.getcwd(), sources, configuration.exclude])
    return read_source(files, cache=cache).joined(facts)


def _is_python(path: str) -> bool:
    from ninefold.conformance.source import is_python

    return os.path.exists(path) and is_python(path)


def _is_excluded(path: str, patterns: tuple[str, ...]) -> bool:
    shown = path.replace(os.sep, "/")
    return any(
        fnmatch(shown, each) or fnmatch(shown, f"*/{each}") or f"/{shown}".find(f"/{each}/") >= 0
        for each in (pattern.rstrip("/") for pattern in patterns)
    )


def _exposition(path: str) -> Facts:
    from pathlib import Path

    from ninefold.conformance import exposition

    if path == STANDARD_INPUT:
        import sys

        return exposition.read(sys.stdin.buffer.read(), "<stdin>")
    if path.startswith(("http://", "https://")):
        return exposition.fetch(path)
    return exposition.read_file(Path(path))


def _registry(configuration: Configuration) -> tuple[Registry, tuple[Unread, ...]]:
    if not configuration.registry:
        from ninefold.conformance.registry._known import conventions

        return conventions(), ()
    from ninefold.conformance.registry import with_project

    return with_project(configuration.registry)
