"""What `OTEL_TRACES_SAMPLER_ARG`, or a declarative file, says to our own sampler.

A number alone is the default share. Otherwise there are pairs, `default=0.1,parent=ignore`, whose
keys are those of the settings below `sampling`, and `file=`, which names a file of settings whose
`[sampling]` speaks where no pair does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ninefold.config import _file
from ninefold.config._keys import flat, refuse_unknown
from ninefold.config._setting import Setting
from ninefold.config._table import ALL
from ninefold.core import nearest, shown
from ninefold.errors import ConfigurationError

__all__ = ["ARGUMENT", "SAMPLER", "Argued", "argued"]

SAMPLER: Final = "OTEL_TRACES_SAMPLER"
ARGUMENT: Final = "OTEL_TRACES_SAMPLER_ARG"

Argued = Mapping[str, tuple[object, str]]
"""By the key of a setting: the value, which is read, and who said it."""

_AT: Final = "sampling."
_FILE: Final = "file"
_NUMBER: Final = re.compile(r"[+-]?[0-9.]+([eE][+-]?[0-9]+)?")
_SETTINGS: Final[Mapping[str, Setting[object]]] = {
    setting.key: setting for setting in ALL if setting.key.startswith(_AT)
}
_WORDS: Final = (*(key.removeprefix(_AT) for key in _SETTINGS), _FILE)


def argued(said: str | Mapping[str, object], where: str = ARGUMENT) -> Argued:
    """What is said, by setting; `where` is named in messages.

    Raises `ConfigurationError` for what cannot be meant, and for a file that cannot be read.

    >>> argued("0.1")
    {'sampling.default': (0.1, 'OTEL_TRACES_SAMPLER_ARG')}
    >>> sorted(argued("default=0.1,parent=ignore"))
    ['sampling.default', 'sampling.parent']
    """
    pairs = _pairs(said, where) if isinstance(said, str) else _flattened(said, where)
    found = dict(_of_file(pairs[_FILE], where) if _FILE in pairs else {})
    for word, value in pairs.items():
        # What a file of ours says by leaving it out, one of YAML says by null.
        if word != _FILE and value is not None:
            setting = _SETTINGS[f"{_AT}{word}"]
            found[setting.key] = (setting.parse(f"{setting.key} ({where})", value), where)
    return found


def problem_of(said: str, where: str = ARGUMENT) -> str | None:
    """What is wrong with the argument itself, leaving aside what stands in a file that it names."""
    try:
        argued(",".join(part for part in said.split(",") if not _is_file(part)), where)
    except ConfigurationError as error:
        return str(error)
    return None


def _is_file(part: str) -> bool:
    name, equals, value = part.partition("=")
    return name.strip() == _FILE and bool(equals and value.strip())


def _pairs(said: str, where: str) -> Mapping[str, object]:
    text = said.strip()
    if _NUMBER.fullmatch(text):
        return {"default": text}
    found: dict[str, object] = {}
    for part in text.split(","):
        if not part.strip():
            continue
        word, equals, value = (each.strip() for each in part.partition("="))
        if not equals or not value:
            hint = _near(word)
            raise ConfigurationError(
                f"{where} must be a share such as 0.1, or pairs such as default=0.1,parent=ignore,"
                f" got {shown(part.strip())}{hint}"
            )
        _refuse(word, where)
        if word in found:
            raise ConfigurationError(f"{where} says {word} twice; say it once")
        found[word] = value
    return found


def _flattened(said: Mapping[str, object], where: str) -> Mapping[str, object]:
    found = flat(said, _WORDS)
    for word in found:
        _refuse(word, where)
    return found


def _refuse(word: str, where: str) -> None:
    if word not in _WORDS:
        hint = _near(word) or f"; there are {', '.join(_WORDS)}"
        raise ConfigurationError(f"a sampler has no {word!r} ({where}){hint}")


def _near(word: str) -> str:
    near = nearest(word, _WORDS)
    return "" if near is None else f"; did you mean {near!r}?"


def _of_file(named: object, where: str) -> Argued:
    if not isinstance(named, str) or not named.strip():
        raise ConfigurationError(
            f"file ({where}) must be the path of a file such as /etc/shop/ninefold.toml, got"
            f" {shown(named)}"
        )
    file = _file.read(Path(named))
    table = file.table.get("sampling") or {}
    if isinstance(table, Mapping) and "rule" in table:
        raise ConfigurationError(
            f"[sampling.rule] ({file.path}) does not count in a file that {where} names; write"
            " rate or per_second in [[sampling.rules]] itself"
        )
    said = flat({"sampling": table}, _SETTINGS)
    others = f"there are {', '.join(map(repr, _SETTINGS))}"
    refuse_unknown(said, str(file.path), tuple(_SETTINGS), others=others)
    return {
        key: (
            _SETTINGS[key].parse(f"{key} ({file.path})", value),
            f"{file.path}: {file.prefix}{key}",
        )
        for key, value in said.items()
        if key in _SETTINGS
    }
