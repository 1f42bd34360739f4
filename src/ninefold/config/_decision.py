"""Decides what each setting is: every source's word on it, the strongest first. Pure.

Environment > file > code > default. Inside one source a word on the setting itself beats one on a
more general setting, and of two variables `NINEFOLD_*` beats `OTEL_*`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, Generic, TypeVar, cast

from ninefold.config._model import Origin, Overridden, Row, Source, without_password
from ninefold.config._setting import Setting
from ninefold.core import REDACTED
from ninefold.errors import ConfigurationError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_SAID: Final[tuple[Source, ...]] = ("environment", "file", "code")


@dataclass(frozen=True, slots=True)
class Word(Generic[T_co]):
    """What one source says about a setting; `key` is the setting that it names."""

    source: Source
    key: str
    name: str
    value: T_co
    is_standard: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Everything that was said, still unread. The keys of `file` and `code` are those of settings.

    `where` names the file and `prefix` the table in it that holds the keys. `argued` is what the
    environment says in the argument of our sampler, read, and with who said it.
    """

    environ: Mapping[str, str] = field(default_factory=dict[str, str])
    file: Mapping[str, object] = field(default_factory=dict[str, object])
    code: Mapping[str, object] = field(default_factory=dict[str, object])
    argued: Mapping[str, tuple[object, str]] = field(default_factory=dict[str, tuple[object, str]])
    where: str = ""
    prefix: str = ""


class Deliberation:
    """Hears all sources on one setting after the other, and keeps what it was told on the way.

    `rows` explain the choices made so far; `problems` are warnings, each once.
    """

    def __init__(self, said: Said) -> None:
        self._said = said
        self._own: dict[str, tuple[Word[object], ...]] = {}
        self._rows: dict[str, Row] = {}
        self._problems: dict[str, None] = {}

    @property
    def rows(self) -> Mapping[str, Row]:
        """What `Settings.rows` is made of, by key."""
        return self._rows

    @property
    def problems(self) -> tuple[str, ...]:
        """Warnings, in the order of their discovery."""
        return tuple(self._problems)

    def warn(self, problem: str) -> None:
        """Notes a warning, unless it is known already."""
        self._problems[problem] = None

    def choose(
        self, setting: Setting[T], *, default: T | None = None, because: str = ""
    ) -> Word[T]:
        """The strongest word on `setting`; where nobody says anything, `default` or its own."""
        words = self.words(setting)
        if not words:
            value = setting.default if default is None else default
            words = (Word("default", setting.key, because or "default", value),)
        self.tell(setting, setting.key, words)
        return words[0]

    def words(self, setting: Setting[T]) -> tuple[Word[T], ...]:
        """All words on `setting`, the strongest first; a wrong one raises `ConfigurationError`."""
        own = self._read_own(setting)
        followed = tuple(self._read_followed(setting))
        words = [word for source in _SAID for word in (*own, *followed) if word.source == source]
        return tuple(sorted(words, key=lambda word: not self._prevails(setting, word)))

    def tell(self, setting: Setting[T], key: str, words: tuple[Word[T], ...]) -> None:
        """Notes the row `key`: the first of `words` won."""
        won, *lost = words
        self._rows[key] = Row(
            key=key,
            value=_shown(setting, won.value),
            origin=Origin(
                won.source,
                won.name,
                tuple(Overridden(w.source, w.name, _shown(setting, w.value)) for w in lost),
            ),
            doc=setting.doc,
            repeats=setting.key.count(".") > 1
            and (won.key != setting.key or won.source == "default"),
        )

    def hide(self, key: str) -> None:
        """Leaves the row `key` out of what is explained: other rows say it piece by piece."""
        self._rows[key] = replace(self._rows[key], repeats=True)

    def _read_own(self, setting: Setting[T]) -> tuple[Word[T], ...]:
        if setting.key not in self._own:
            self._own[setting.key] = tuple(self._hear(setting))
        return cast("tuple[Word[T], ...]", self._own[setting.key])

    def _hear(self, setting: Setting[T]) -> Iterator[Word[T]]:
        said, key, variable = self._said, setting.key, setting.variable
        if text := said.environ.get(variable, "").strip():
            value = setting.parse(f"{key} (environment variable {variable})", text)
            yield Word("environment", key, variable, value)
        standard = setting.standard
        if standard is not None and said.environ.get(standard.variable, "").strip():
            read = self._or_warn(partial(standard.read, standard.variable, said.environ))
            if read is not None:
                yield Word("environment", key, standard.variable, read, is_standard=True)
        if key in said.argued:
            argument, who = said.argued[key]
            yield Word("environment", key, who, cast("T", argument), is_standard=True)
        if key in said.file:
            value = setting.parse(f"{key} ({said.where})", said.file[key])
            yield Word("file", key, f"{said.where}: {said.prefix}{key}", value)
        if said.code.get(key) is not None:
            value = setting.parse(f"{key} (argument of setup)", said.code[key])
            yield Word("code", key, f"setup(): {key}", value)

    def _read_followed(self, setting: Setting[T]) -> Iterator[Word[T]]:
        follows = setting.follows
        if follows is None:
            return
        for word in self._read_own(follows.setting):
            taken = follows.take(word.value)
            if taken is None:
                continue
            label = f"{setting.key} (said by {word.name})"
            if not word.is_standard:
                value: T | None = setting.parse(label, taken)
            else:
                value = self._or_warn(partial(setting.parse, label, taken))
            if value is not None:
                yield Word(word.source, word.key, word.name, value, word.is_standard)

    def _or_warn(self, read: Callable[[], T | None]) -> T | None:
        # The OpenTelemetry specification: an invalid value is warned of, and then as if unset.
        try:
            return read()
        except ConfigurationError as error:
            self.warn(f"{error}; ignored, as OpenTelemetry asks for its own variables")
            return None

    @staticmethod
    def _prevails(setting: Setting[T], word: Word[T]) -> bool:
        standard = setting.standard
        return (
            standard is not None
            and standard.prevails
            and word.name == standard.variable
            and word.value is True
        )


def _shown(setting: Setting[T], value: object) -> str:
    if isinstance(value, Mapping):
        parts = (f"{key}={REDACTED if setting.secret else each}" for key, each in value.items())
        return ", ".join(parts) or "none"
    if setting.secret and value is not None:
        return REDACTED
    match value:
        case None:
            return setting.absent or "not set"
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:g} {setting.unit}".rstrip()
        case tuple():
            return ", ".join(map(str, value)) or "none"
        case str() if setting.key.endswith(".endpoint"):
            return without_password(value)
        case _:
            return str(value)
