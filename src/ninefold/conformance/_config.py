"""Reads `[tool.ninefold.check]`: what a project always wants its metrics to be checked for."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, get_args

from ninefold.conformance._facts import Profile
from ninefold.conformance._finding import SEVERITIES, Severity
from ninefold.errors import ConfigurationError

_FILE: Final = "pyproject.toml"
_PREFIX: Final = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_ROOT_MARKS: Final = (".git", ".hg")
_TABLE: Final = "tool.ninefold.check"
_LISTS: Final = ("select", "ignore", "registry", "exclude", "backends")
KEYS: Final = (
    *_LISTS, "per-file-ignores", "severity", "prefix", "profile", "fail-on", "baseline",
)  # fmt: skip


_OWN_KEYS: Final = frozenset({"select", "ignore", "per-file-ignores", "fail-on", "severity"})
"""Keys that no setting of a service has: `[tool.ninefold]` has those as well."""


class Configuration(NamedTuple):
    """What the file says; `folder` is where it stands, which its paths start from."""

    folder: str = "."
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    registry: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    backends: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    severity: Mapping[str, Severity] = MappingProxyType({})
    prefix: str = ""
    profile: Profile | None = None
    fail_on: Severity = "E"
    baseline: str = ""


def configuration(path: str | None = None, *, start: str = ".") -> Configuration:
    """The configuration in the file `path`, or in the nearest pyproject.toml from `start` upwards.

    Looked for up to the root of the repository; outside of one in `start` alone. Raises
    `ConfigurationError` for what cannot be read and for what cannot be meant.
    """
    if path is not None:
        given = _parsed(path, _content(path))
        if given is None:
            raise ConfigurationError(
                f"{path} has no [{_TABLE}]: name a file that has, or add one, which may be empty"
            )
        return given
    folder = os.path.abspath(start)
    in_repository = _has_root(folder)
    while True:
        file = os.path.join(folder, _FILE)
        if os.path.isfile(file):
            found = _parsed(file, _content(file))
            if found is not None:
                return found
        above = os.path.dirname(folder)
        is_root = any(os.path.exists(os.path.join(folder, mark)) for mark in _ROOT_MARKS)
        if is_root or not in_repository or above == folder:
            return Configuration()
        folder = above


def _has_root(folder: str) -> bool:
    while True:
        if any(os.path.exists(os.path.join(folder, mark)) for mark in _ROOT_MARKS):
            return True
        above = os.path.dirname(folder)
        if above == folder:
            return False
        folder = above


def _folder(path: str) -> str:
    return os.path.dirname(os.path.abspath(path))


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise ConfigurationError(
            f"the configuration {path} cannot be read: {error.strerror or error}"
        ) from error


def _parsed(path: str, content: bytes) -> Configuration | None:
    # Most of these files say nothing of us, and are not parsed.
    if b"ninefold" not in content or b"tool" not in content:
        return None
    import tomllib

    try:
        document = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not valid TOML: {error}") from error
    tools = document.get("tool")
    ours = tools.get("ninefold") if isinstance(tools, dict) else None
    if not isinstance(ours, dict):
        return None
    table = ours.get("check")
    if table is None:
        _misplaced(ours, path)
        return None
    if not isinstance(table, dict):
        raise ConfigurationError(f"{_TABLE} in {path} must be a table, [{_TABLE}]")
    for key in table:
        if key not in KEYS:
            raise ConfigurationError(f"{path}: {_TABLE} has no key {key!r}{_meant(key, KEYS)}")
    return _settled(table, path)


def _misplaced(ours: dict[str, object], path: str) -> None:
    """Refuse what was meant for `[tool.ninefold.check]` and stands elsewhere, unheard."""
    from ninefold.core import nearest

    for key, value in ours.items():
        if isinstance(value, dict) and nearest(key, ("check",)):
            raise ConfigurationError(
                f"{path}: there is no [tool.ninefold.{key}]; did you mean [{_TABLE}]?"
            )
        if key in _OWN_KEYS:
            raise ConfigurationError(f"{path}: {key} must stand in [{_TABLE}], not [tool.ninefold]")


def _settled(table: dict[str, object], path: str) -> Configuration:
    lists = {key: _strings(table.get(key, []), key, path) for key in _LISTS}
    ignores = _table(table, "per-file-ignores", path)
    severities = _table(table, "severity", path)
    for code, value in severities.items():
        if value not in SEVERITIES:
            raise ConfigurationError(
                f"{path}: severity of {code} must be one of 'E', 'W', 'I',"
                f" got {value!r}{_meant_severity(value)}"
            )
    profile = _word(table, "profile", path, get_args(Profile))
    fail_on = _word(table, "fail-on", path, SEVERITIES)
    return Configuration(
        folder=_folder(path),
        select=codes(lists["select"], f"{path}: select"),
        ignore=codes(lists["ignore"], f"{path}: ignore"),
        registry=tuple(os.path.join(_folder(path), each) for each in lists["registry"]),
        exclude=lists["exclude"],
        backends=_backends(lists["backends"], path),
        per_file_ignores={
            pattern: codes(
                _strings(value, f"per-file-ignores of {pattern!r}", path),
                f"{path}: per-file-ignores of {pattern!r}",
            )
            for pattern, value in ignores.items()
        },
        severity={
            codes((code,), f"{path}: severity")[0]: value  # type: ignore[misc]  # checked above
            for code, value in severities.items()
        },
        prefix=_prefix(_word(table, "prefix", path, ()) or "", path),
        profile=profile,  # type: ignore[arg-type]  # one of them
        fail_on=fail_on or "E",  # type: ignore[arg-type]  # one of them
        baseline=_placed(_word(table, "baseline", path, ()), path),
    )


def _backends(given: tuple[str, ...], path: str) -> tuple[str, ...]:
    if given:
        from ninefold.conformance.rules.n109_backend import BACKENDS

        for each in given:
            if each not in BACKENDS:
                raise ConfigurationError(
                    f"{path}: backends names {each!r}, which is not known{_meant(each, BACKENDS)}"
                )
    return given


def _prefix(given: str, path: str) -> str:
    if given and not _PREFIX.fullmatch(given):
        raise ConfigurationError(
            f"{path}: prefix must be a beginning of names, a letter and then letters, digits,"
            f" '.', '_', '-' and '/', got {given!r}"
        )
    return given


def _placed(name: str | None, path: str) -> str:
    return os.path.join(_folder(path), name) if name else ""


def codes(given: tuple[str, ...], where: str) -> tuple[str, ...]:
    """Codes and their beginnings, whole: `U202` is `NF-U202`. Raises for what fits no rule.

    >>> codes(("U2", "nf-x003"), "select")
    ('NF-U2', 'NF-X003')
    """
    if not given:
        return ()
    from ninefold.conformance.rules import loaded

    rules, without = loaded()
    known = [each.code for each in rules]
    found: list[str] = []
    for each in given:
        code = each.strip().upper()
        if not code:
            raise ConfigurationError(f"{where} names {each!r}; 'ALL' is every rule")
        if code == "ALL":
            code = ""
        elif "-" not in code and not any(rule.startswith(f"{code}-") for rule in known):
            code = f"NF-{code}"
        if code and not any(rule.startswith(code) for rule in known):
            lost = "".join(f"; {each.why}" for each in without)
            raise ConfigurationError(
                f"{where} names {each!r}, which is no rule{_meant(code, known)}{lost}"
            )
        found.append(code)
    return tuple(found)


def _meant(word: str, known: object) -> str:
    from ninefold.core import nearest

    choices = tuple(known)  # type: ignore[arg-type,var-annotated]  # of strings
    near = nearest(word, choices)
    if near is None:
        return (
            "; `ninefold explain` lists the rules"
            if word.startswith("NF-")
            else (f"; it has {', '.join(choices)}")
        )
    return f"; did you mean {near!r}?"


def _strings(value: object, key: str, path: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ConfigurationError(f"{path}: {key} must be a list of strings, got {value!r}")
    return tuple(value)


def _table(table: dict[str, object], key: str, path: str) -> dict[str, object]:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise ConfigurationError(f"{path}: {key} must be a table, got {value!r}")
    return value


def _word(table: dict[str, object], key: str, path: str, choices: tuple[str, ...]) -> str | None:
    value = table.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or (choices and value not in choices):
        wanted = f"one of {', '.join(map(repr, choices))}" if choices else "a string"
        hint = ""
        if choices == SEVERITIES:
            hint = _meant_severity(value)
        elif choices and isinstance(value, str):
            from ninefold.core import nearest

            near = nearest(value, choices)
            hint = f"; did you mean {near!r}?" if near else ""
        raise ConfigurationError(f"{path}: {key} must be {wanted}, got {value!r}{hint}")
    return value


def _meant_severity(value: object) -> str:
    word = str(value).strip().lower()
    for severity, name in zip(SEVERITIES, ("error", "warning", "information"), strict=True):
        if word and name.startswith(word):
            return f"; did you mean {severity!r}?"
    return ""
