"""One whole check: what is named is read, and judged by the rules."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from ninefold.conformance._config import Configuration
from ninefold.conformance._engine import UNREAD, Report, is_chosen, run
from ninefold.conformance._facts import Facts, Position, Unread
from ninefold.conformance._finding import Found
from ninefold.conformance._options import Options
from ninefold.conformance._rule import Registry, Rule
from ninefold.errors import ConfigurationError

_ADDRESS: Final = re.compile(r"[\w.-]+:[0-9]+(?:/|\Z)")
_EXPOSITIONS: Final = (".prom", ".om", ".openmetrics", ".metrics", ".txt")
STANDARD_INPUT: Final = "-"


def check(
    paths: Sequence[str],
    options: Options,
    configuration: Configuration,
    *,
    is_cached: bool = False,
    rules: Iterable[Callable[..., Iterable[Found]]] | None = None,
) -> Report:
    """Check files and folders of Python, expositions in files, at addresses, and `-` for stdin.

    With `is_cached` what was read of unchanged files before is taken from `.ninefold_cache` beside
    the configuration, and what is read now is kept there. `rules` are functions that
    `ninefold.conformance.rule` has made rules of, to judge by these in place of every rule.

    Findings that the configured baseline knows are left out. Raises `ConfigurationError` for a
    registry or a baseline that is not there, or is none; what cannot be read besides is a
    finding of the report.
    """
    facts = read(paths, configuration, is_cached=is_cached)
    registry, unread = _registry(configuration)
    judges, without = _rules(rules)
    if unread or without:
        facts = facts.joined(Facts(unread=(*unread, *without)))
    report = run(facts, options, judges, registry)
    if configuration.baseline:
        from ninefold.conformance._baseline import read_baseline, without_known

        ran = [each for each in judges if is_chosen(each, options)]
        known = read_baseline(configuration.baseline)
        report = without_known(report, known, paths, ran, options.folder)
    return report


def _rules(
    given: Iterable[Callable[..., Iterable[Found]]] | None,
) -> tuple[tuple[Rule, ...], tuple[Unread, ...]]:
    """The rules to judge by, and why there are not more."""
    from ninefold.conformance.rules import loaded

    rules, without = loaded()
    if given is None:
        return rules, without
    found = [each for each in rules if each.code == UNREAD]
    for each in given:
        rule = getattr(each, "rule", None)
        if not isinstance(rule, Rule):
            raise ConfigurationError(
                f"rules must be functions decorated with ninefold.conformance.rule, got {each!r}"
            )
        found.append(rule)
    return tuple(found), ()


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
            facts = facts.joined(Facts(unread=(_not_taken(path),)))
    if not sources:
        return facts
    from ninefold.conformance.source import read as read_source

    empty: list[str] = []
    is_excluded = _excluded(configuration)
    files = _files(sources, is_excluded, empty)
    cache = None
    if is_cached:
        from ninefold.conformance._cache import Cache

        cache = Cache(configuration.folder, [os.getcwd(), sources, configuration.exclude])
    found = read_source(files, cache=cache)
    unread = [*map(_nothing_in, empty), *_named_and_wrong(sources, is_excluded, found)]
    return found.joined(facts).joined(Facts(unread=tuple(unread)))


def _not_taken(path: str) -> Unread:
    if os.path.lexists(path) and not os.path.exists(path):
        why, remedy = "it is a link to what is not there", ""
    elif not os.path.exists(path):
        why, remedy = "there is no such file or folder", "name what is there"
        if _ADDRESS.match(path):
            remedy = f"an address begins with its scheme: http://{path}"
    elif not os.path.isfile(path):
        why, remedy = "it is no regular file", "write what it gives to `ninefold check -`"
    else:
        why = f"neither Python (*.py) nor an exposition (*{', *'.join(_EXPOSITIONS)})"
        remedy = "leave it out, or give an exposition's file one of these names"
    return Unread(_start(path), why, remedy)


def _nothing_in(folder: str) -> Unread:
    why = "no Python is in the folder but what is hidden, built, installed or ignored by git"
    return Unread(_start(folder), why, "name a folder that has some")


def _excluded(configuration: Configuration) -> Callable[[str], bool]:
    """Which files the configuration leaves out."""
    if not configuration.exclude:
        return lambda path: False
    from ninefold.conformance._patterns import Patterns  # few runs need it

    return Patterns(configuration.exclude, configuration.folder).fit


def _files(
    sources: Sequence[str], is_excluded: Callable[[str], bool], empty: list[str]
) -> Iterator[str]:
    """The files to be read, each once; folders without any go to `empty`."""
    from ninefold.conformance.source import python_files

    seen: set[str] = set()
    for source in sources:
        is_empty = True
        for each in python_files([source]):
            is_empty = False
            if each not in seen and not is_excluded(each):
                seen.add(each)
                yield each
        if is_empty:
            empty.append(source)


def _named_and_wrong(
    sources: Sequence[str], is_excluded: Callable[[str], bool], found: Facts
) -> Iterator[Unread]:
    """What is wrong with files that are named themselves, and were of no interest otherwise."""
    named = [each for each in sources if not os.path.isdir(each)]
    if not named:
        return
    from ninefold.conformance.source import wrong_with

    for path in dict.fromkeys(named):
        if not is_excluded(path):
            wrong = wrong_with(path)
            if wrong is not None and wrong not in found.unread:
                yield wrong


def _start(path: str) -> Position:
    return Position(path, 1, 1, 1, 1)


def _is_python(path: str) -> bool:
    from ninefold.conformance.source import is_python

    return os.path.exists(path) and is_python(path)


def _exposition(path: str) -> Facts:
    from pathlib import Path

    from ninefold.conformance import exposition

    if path == STANDARD_INPUT:
        return _standard_input()
    if path.startswith(("http://", "https://")):
        return exposition.fetch(path)
    return exposition.read_file(Path(path))


def _standard_input() -> Facts:
    import sys

    from ninefold.conformance import exposition

    shown = "<stdin>"
    try:
        if sys.stdin is None:  # it was closed
            raise OSError("it is closed")
        return exposition.read_stream(sys.stdin.buffer, shown)
    except OSError as error:
        return Facts(unread=(Unread(_start(shown), f"cannot be read: {error.strerror or error}"),))


def _registry(configuration: Configuration) -> tuple[Registry, tuple[Unread, ...]]:
    if not configuration.registry:
        from ninefold.conformance.registry._known import conventions

        return conventions(), ()
    from ninefold.conformance.registry import with_project

    return with_project(configuration.registry)
