"""Decides what environment and file say of one policy or dependency, by its name. Pure.

`[policy.search.retry] attempts = 5` in a file and `NINEFOLD_POLICY_SEARCH_RETRY_ATTEMPTS=5` say the
same; so do `[dependency.psp.policy] deadline = 2` and `NINEFOLD_DEPENDENCY_PSP_POLICY_DEADLINE=2`,
and `[dependency.psp] interval = 5` and `NINEFOLD_DEPENDENCY_PSP_INTERVAL=5`, which is the
dependency's own. `[sampling.rule.search] rate = 0.5` and `NINEFOLD_SAMPLING_RULE_SEARCH_RATE=0.5`
are about the sampling rule of that name.

Over 300 lines: what each kind of override takes stands beside how all of them are read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

from ninefold.config._decision import Said
from ninefold.config._keys import flat, refuse_unknown
from ninefold.config._model import Origin, Overridden, Row
from ninefold.config._setting import Parse
from ninefold.core import REDACTED, is_secret, nearest, shown
from ninefold.errors import ConfigurationError

OverrideKind: TypeAlias = Literal["policy", "dependency", "sampling.rule"]
"""Whose fields: of a policy that stands alone, of the policy of a dependency, of a sampling rule.

The word is the table that holds the tables with their names.
"""

KINDS: Final[tuple[OverrideKind, ...]] = get_args(OverrideKind)
_INSIDE: Final[Mapping[OverrideKind, str]] = {
    "policy": "",
    "dependency": "policy.",
    "sampling.rule": "",
}
_EXAMPLES: Final[Mapping[OverrideKind, str]] = {
    "policy": "[policy.psp.retry]",
    "dependency": "[dependency.psp.policy.retry]",
    "sampling.rule": "[sampling.rule.payments]",
}
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_OTHER: Final = re.compile(r"[^0-9A-Za-z]")

OWN: Final = (
    "interval",
    "timeout",
    "fail_after",
    "recover_after",
    "latency_budget",
    "quorum",
    "role",
    "scope",
)
"""What can be said of a dependency itself, beside its policy: how it is checked, what it means."""

_VARIABLE: Final = re.compile(
    rf"NINEFOLD_(POLICY_.+_.+|DEPENDENCY_.+_(POLICY_.+|{'|'.join(OWN).upper()})"
    r"|SAMPLING_RULE_.+_(RATE|PER_SECOND))"
)


@dataclass(frozen=True, slots=True)
class Override:
    """A value that a deployment sets in the place of what code says, and where it came from."""

    value: object
    origin: Origin


class Asked(NamedTuple):
    """What may be overridden: the fields of one policy or dependency."""

    kind: OverrideKind
    name: str
    fields: Iterable[str]
    own: Iterable[str] = ()
    """Those of a dependency itself, beside its policy."""

    @property
    def keys(self) -> list[str]:
        """All of them, as they stand below its name."""
        inside = _INSIDE[self.kind]
        return [*(f"{inside}{field}" for field in self.fields), *self.own]


def variable_of(kind: OverrideKind, name: str, field: str) -> str:
    """The environment variable of a field; whatever is no letter or digit of ASCII becomes `_`.

    >>> variable_of("policy", "search-v2", "retry.attempts")
    'NINEFOLD_POLICY_SEARCH_V2_RETRY_ATTEMPTS'
    >>> variable_of("dependency", "psp", "deadline")
    'NINEFOLD_DEPENDENCY_PSP_POLICY_DEADLINE'
    """
    return _variable(kind, name, f"{_INSIDE[kind]}{field}")


def is_override(variable: str) -> bool:
    """Whether a variable may be that of a field: whose it is, only its name's bearer knows."""
    return _VARIABLE.fullmatch(variable) is not None


def remedy_of(variable: str) -> str:
    """What is said of a variable that is none, where it seems to be meant for a dependency.

    >>> remedy_of("NINEFOLD_DEPENDENCY_PSP_DEADLINE").partition(",")[0]
    '; of a dependency there are …_FAIL_AFTER'
    """
    if not variable.startswith(f"NINEFOLD_{KINDS[1].upper()}_"):
        return ""
    own = ", ".join(f"…_{key.upper()}" for key in sorted(OWN))
    return f"; of a dependency there are {own}, and …_POLICY_… for what its policy has"


def overrides_in(
    said: Said,
    kind: OverrideKind,
    name: str,
    fields: Mapping[str, Parse[object]],
    *,
    own: bool = False,
) -> dict[str, Override]:
    """What is said about `fields`, by field; the file's tables in `said` may be nested.

    `own` fields are those of a dependency itself, and not of its policy.
    """
    inside, at = "" if own else _INSIDE[kind], _at(kind, name)
    filed = _filed(said, kind, name, [f"{inside}{field}" for field in fields], own=own)
    found: dict[str, Override] = {}
    for field, parse in fields.items():
        key, variable = f"{at}{inside}{field}", _variable(kind, name, f"{inside}{field}")
        words: list[tuple[object, Overridden]] = []
        if text := said.environ.get(variable, "").strip():
            value = parse(f"{key} (environment variable {variable})", text)
            words.append((value, Overridden("environment", variable, _shown(key, text))))
        if f"{inside}{field}" in filed:
            written = filed[f"{inside}{field}"]
            value = parse(f"{key} ({said.where})", written)
            words.append((value, Overridden("file", _place(said, key), _shown(key, written))))
        if words:
            value, won = words[0]
            lost = tuple(each for _, each in words[1:])
            found[field] = Override(value, Origin(won.source, won.name, lost))
    return found


def override_rows(said: Said) -> tuple[Row, ...]:
    """All that is said about fields, whether somebody asks for it or not; as it is written.

    What the environment alone says goes by its variable: where in it a name ends nobody can tell.
    """
    variables = {
        variable: text.strip()
        for variable, text in sorted(said.environ.items())
        if text.strip() and is_override(variable)
    }
    rows: list[Row] = []
    told: set[str] = set()
    for kind, name, field, written in _all_filed(said):
        key, variable = f"{_at(kind, name)}{field}", _variable(kind, name, field)
        own = Overridden("file", _place(said, key), _shown(key, written))
        doc = f"Overrides what is said of the {_word(kind)} {name!r}."
        if variable in variables:
            told.add(variable)
            text = _shown(variable, variables[variable])
            rows.append(Row(key, text, Origin("environment", variable, (own,)), doc))
        else:
            rows.append(Row(key, own.value, Origin("file", own.name), doc))
    doc = "Overrides what is said of a policy, dependency or sampling rule."
    for variable, text in variables.items():
        if variable not in told:
            rows.append(Row(variable, _shown(variable, text), Origin("environment", variable), doc))
    return tuple(rows)


def unasked_in(said: Said, asked: Iterable[Asked]) -> list[str]:
    """What is said about what is not there, or about two at once, a sentence each."""
    there: dict[OverrideKind, set[str]] = {kind: set() for kind in KINDS}
    keys: set[str] = set()
    variables: dict[str, set[str]] = {}
    for each in asked:
        there[each.kind].add(each.name)
        for field in each.keys:
            key = f"{_at(each.kind, each.name)}{field}"
            keys.add(key)
            variables.setdefault(_variable(each.kind, each.name, field), set()).add(key)
    told: dict[str, None] = {}
    for kind, name, field, _ in _all_filed(said):
        key = f"{_at(kind, name)}{field}"
        if name not in there[kind]:
            place = _place(said, _at(kind, name).rstrip("."))
            hint = _hint(name, there[kind])
            told[f"there is no {_word(kind)} {name!r}, which {place} is about{hint}"] = None
        elif key not in keys:
            told[f"there is nothing that {_place(said, key)} overrides{_hint(key, keys)}"] = None
    for variable, text in sorted(said.environ.items()):
        if not text.strip() or not is_override(variable):
            continue
        meant = sorted(variables.get(variable, ()))
        if not meant:
            hint = _hint(variable, variables.keys())
            told[f"there is nothing that {variable} overrides{hint}"] = None
        elif len(meant) > 1:
            told[
                f"{variable} overrides {' and '.join(map(repr, meant))}, whose names make the same"
                " variable; say what is meant in a file of settings"
            ] = None
    return list(told)


def _variable(kind: OverrideKind, name: str, inside: str) -> str:
    return "NINEFOLD_" + _OTHER.sub("_", f"{kind}.{name}.{inside}").upper()


def _tables(said: Said, kind: OverrideKind) -> Iterator[tuple[str, Mapping[str, object]]]:
    example = _EXAMPLES[kind]
    tables: object = said.file
    for word in kind.split("."):
        # What else holds no table is another's to refuse.
        tables = tables.get(word, {}) if isinstance(tables, Mapping) else {}
    if not isinstance(tables, Mapping):
        raise ConfigurationError(
            f"{kind} ({said.where}) must be a table of tables, each with the name of a"
            f" {_word(kind)}, got {shown(tables)}; write {example}"
        )
    for name, table in tables.items():
        if not isinstance(table, Mapping):
            raise ConfigurationError(
                f"{_at(kind, name).rstrip('.')} ({said.where}) must be a table with the name of a"
                f" {_word(kind)}, got {shown(table)}; write {example}"
            )
        yield name, table


def _filed(
    said: Said, kind: OverrideKind, name: str, keys: list[str], *, own: bool
) -> dict[str, object]:
    filed = flat(dict(_tables(said, kind)).get(name, {}), keys)
    at, policy = _at(kind, name), _INSIDE["dependency"]
    if kind == "dependency":
        # What a dependency's table holds is asked for in two parts, each of which refuses its own.
        filed = {
            key: value
            for key, value in filed.items()
            if (key.startswith(policy) or key == policy.rstrip(".") or key not in OWN) != own
        }
    # A key that is neither's may be meant for either.
    known = [*keys, *OWN] if kind == "dependency" and not own else keys
    others = f"there are {', '.join(repr(at + key) for key in sorted(known))}"
    refuse_unknown(filed, said.where, known, at=at, others=others)
    return filed


def _all_filed(said: Said) -> Iterator[tuple[OverrideKind, str, str, object]]:
    for kind in KINDS:
        for name, table in _tables(said, kind):
            for field, written in flat(table, ()).items():
                # An empty table says nothing.
                if written != {}:
                    yield kind, name, field, written


def _word(kind: OverrideKind) -> str:
    return kind.replace(".", " ")


def settings_alone(file: Mapping[str, object]) -> dict[str, object]:
    """What a file says of settings: all but the tables that override what has a name.

    >>> settings_alone({"policy": {}, "sampling": {"default": 1, "rule": {}}})
    {'sampling': {'default': 1}}
    """
    found: dict[str, object] = {}
    for key, value in file.items():
        inside = {kind.partition(".")[2] for kind in KINDS if kind.partition(".")[0] == key}
        if not inside:
            found[key] = value
        elif isinstance(value, Mapping) and "" not in inside:
            found[key] = {word: each for word, each in value.items() if word not in inside}
        elif "" not in inside:
            found[key] = value
    return found


def _at(kind: OverrideKind, name: str) -> str:
    """What the keys of one that has a name begin with, as TOML writes its name."""
    return f"{kind}.{name if _BARE.fullmatch(name) else shown(name)}."


def _hint(word: str, known: Collection[str]) -> str:
    near = nearest(word, sorted(known))
    return "" if near is None else f"; did you mean {near!r}?"


def _place(said: Said, key: str) -> str:
    return f"{said.where}: {said.prefix}{key}"


def _shown(key: str, written: object) -> str:
    if is_secret(key.rpartition(".")[2]):
        return REDACTED
    return str(written).lower() if isinstance(written, bool) else str(written)
