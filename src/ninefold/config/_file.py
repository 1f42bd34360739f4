"""Finds and reads the file of settings: `ninefold.toml`, or `[tool.ninefold]` in pyproject.toml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ninefold.errors import ConfigurationError

OWN: Final = "ninefold.toml"
SHARED: Final = "pyproject.toml"
CHECKER: Final = "check"
_ROOT_MARKS: Final = (".git", ".hg")


@dataclass(frozen=True, slots=True)
class ConfigurationFile:
    """A file that was read: the table of settings in it, and that table's own name and dot."""

    path: Path
    table: Mapping[str, object] = field(default_factory=dict[str, object])
    prefix: str = ""


def find(start: Path) -> ConfigurationFile | None:
    """The nearest file of settings, from `start` upwards to the root of its repository.

    Outside a repository `start` alone is looked at: a directory further up may be anybody's.
    In one directory `ninefold.toml` wins. A pyproject.toml without `[tool.ninefold]` is passed by.
    """
    for directory in _directories(start):
        if (directory / OWN).is_file():
            return read(directory / OWN)
        if (directory / SHARED).is_file():
            found = _read_shared(directory / SHARED)
            if found is not None:
                return found
    return None


def read(path: Path) -> ConfigurationFile:
    """The settings in the file `path`, which must be there. Raises `ConfigurationError`."""
    if path.name == SHARED:
        return _read_shared(path) or ConfigurationFile(path, {}, "tool.ninefold.")
    table = _parsed(path, _content(path))
    if CHECKER in table:
        raise ConfigurationError(
            f"{CHECKER} in {path} is read by nobody; `ninefold check` is configured by "
            f"[tool.ninefold.{CHECKER}] in {SHARED}"
        )
    return ConfigurationFile(path, table)


def _directories(start: Path) -> Iterator[Path]:
    above = [start, *start.parents]
    for index, directory in enumerate(above):
        if any((directory / mark).exists() for mark in _ROOT_MARKS):
            return iter(above[: index + 1])
    return iter([start])


def _read_shared(path: Path) -> ConfigurationFile | None:
    content = _content(path)
    # Most of these files are not about us: then neither their size nor their mistakes matter.
    if b"ninefold" not in content:
        return None
    tool = _parsed(path, content).get("tool", {})
    if not isinstance(tool, Mapping) or "ninefold" not in tool:
        return None
    table = tool["ninefold"]
    if not isinstance(table, Mapping):
        raise ConfigurationError(f"tool.ninefold in {path} must be a table, [tool.ninefold]")
    # `ninefold check` reads that table by itself; it says nothing of a service.
    settings = {key: value for key, value in table.items() if key != CHECKER}
    return ConfigurationFile(path, settings, "tool.ninefold.") if settings or not table else None


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"the file of settings {path} cannot be read: {error.strerror or error}"
        ) from error


def _parsed(path: Path, content: bytes) -> dict[str, object]:
    import tomllib  # where no file is found, there is nothing to parse

    try:
        return tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not valid TOML: {error}") from error
