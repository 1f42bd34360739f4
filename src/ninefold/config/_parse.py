"""Reads one setting's value, from text as variables hold it or from a value as files and code do.

Every function takes the name to use in a message and the value, and raises `ConfigurationError`.
Text means the same wherever it is written.

Over 300 lines: one short function for each kind of value, in one place.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv6Address
from types import MappingProxyType
from typing import TypeVar, cast
from urllib.parse import unquote, urlsplit

from ninefold.config._model import Address, AttributeValue, without_password
from ninefold.core import (
    require_between,
    require_count,
    require_name,
    require_one_of,
    require_positive,
    require_token,
    seconds,
    shown,
)
from ninefold.errors import ConfigurationError

C = TypeVar("C", bound=str)

_TRUE = ("true", "1", "yes", "on")
_FALSE = ("false", "0", "no", "off")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_DURATION = re.compile(rf"(?P<number>{_NUMBER.pattern})\s*(?P<unit>ms|s|m|h|)")
_SECONDS_IN = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0, "h": 3600.0}
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2
_LISTEN = re.compile(
    r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]{0,253})):(?P<port>[0-9]{1,5})"
)
_BROKEN_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def text(name: str, value: object) -> str:
    """A name that a person can read: 1 to 255 printable characters."""
    require_name(name, value)
    return cast("str", value)


def token(name: str, value: object) -> str:
    """A secret that is sent as a bearer token; no message shows it."""
    require_token(name, value)
    return cast("str", value)


def boolean(name: str, value: object) -> bool:
    """True or False, or one of the usual words for them."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        word = value.strip().lower()
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
    raise ConfigurationError(f"{name} must be true or false, got {shown(value)}")


def duration(name: str, value: object) -> float:
    """A length of time above 0, in seconds.

    >>> duration("timeout", "500ms"), duration("timeout", "2m"), duration("timeout", 5)
    (0.5, 120.0, 5.0)
    """
    return _seconds(name, value)


def wait(name: str, value: object) -> float:
    """A length of time in seconds, written likewise; 0 for none."""
    return _seconds(name, value, zero=True)


def _seconds(name: str, value: object, *, zero: bool = False) -> float:
    if isinstance(value, str):
        match = _DURATION.fullmatch(value.strip())
        if match is None:
            raise ConfigurationError(
                f"{name} must be a duration in seconds, such as 2.5, or with a unit, such as "
                f"'500ms', '5s' or '2m', got {shown(value)}"
            )
        value = float(match["number"]) * _SECONDS_IN[match["unit"]]
    return seconds(name, value, zero=zero)


def count(minimum: int, unit: str) -> Callable[[str, object], int]:
    """A reader of whole numbers, `minimum` or more."""

    def read(name: str, value: object) -> int:
        if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,18}", value.strip()):
            value = int(value)
        require_count(name, value, minimum=minimum, unit=unit)
        return cast("int", value)

    return read


def tables(name: str, value: object) -> tuple[object, ...]:
    """A list of tables, which is read by who knows what they are about."""
    if isinstance(value, str) or not isinstance(value, list | tuple):
        raise ConfigurationError(
            f"{name} must be a list of tables, got {shown(value)}; write them in a file, each under"
            f" [[{name.partition(' ')[0]}]]"
        )
    return tuple(cast("list[object]", value))


def positive(name: str, value: object) -> float:
    """A number above 0, per second."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value)
    require_positive(name, value, unit="per second")
    return float(cast("float", value))


def per_second(name: str, value: object) -> float:
    """A number above 0; `inf`, as TOML writes it, for no limit.

    >>> per_second("target_per_s", "2.5"), per_second("target_per_s", "inf")
    (2.5, inf)
    """
    if value == math.inf or (isinstance(value, str) and value.strip().lower() == "inf"):
        return math.inf
    try:
        return positive(name, value)
    except ConfigurationError as error:
        raise ConfigurationError(f"{error}; write inf for no limit") from None


def amount(unit: str) -> Callable[[str, object], float]:
    """A reader of a number above 0, in `unit`."""

    def read(name: str, value: object) -> float:
        if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
            value = float(value)
        require_positive(name, value, unit=unit)
        return float(cast("float", value))

    return read


def parent(name: str, value: object) -> str:
    """What a parent's decision is worth: `respect`, `ignore`, or `cap:` and a share from 0 to 1.

    >>> parent("parent", "cap: 0.05")
    'cap:0.05'
    """
    word = value.strip().lower() if isinstance(value, str) else value
    if isinstance(word, str) and word.startswith("cap:"):
        return f"cap:{share(f'the share after cap: of {name}', word.removeprefix('cap:').strip())}"
    if word == "cap":
        raise ConfigurationError(f"{name} must say a share with 'cap', such as 'cap:0.05'")
    require_one_of(name, word, ("respect", "ignore", "cap:0.05"))
    return cast("str", word)


def share(name: str, value: object) -> float:
    """A number from 0 to 1."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value)
    require_between(name, value, 0, 1)
    return float(cast("float", value))


def choice(*choices: C) -> Callable[[str, object], C]:
    """A reader of one of `choices`; upper and lower case are the same."""

    def read(name: str, value: object) -> C:
        word = value.strip().lower() if isinstance(value, str) else value
        require_one_of(name, word, choices)
        return cast("C", word)

    return read


def names(name: str, value: object) -> tuple[str, ...]:
    """A list of names, each once; `"none"` alone is the empty one.

    >>> names("propagators", "tracecontext, b3,b3"), names("traces_exporter", "none")
    (('tracecontext', 'b3'), ())
    """
    words = tuple(dict.fromkeys(word.lower() for word in _words(name, value)))
    if words == ("none",):
        return ()
    if "none" in words:
        raise ConfigurationError(
            f"{name} must be 'none' alone, or names without it, got {shown(value)}"
        )
    return words


def paths(name: str, value: object) -> tuple[str, ...]:
    """A list of path patterns, each starting with `/` or `*`."""
    patterns = tuple(dict.fromkeys(_words(name, value)))
    for pattern in patterns:
        if not pattern.startswith(("/", "*")):
            raise ConfigurationError(
                f"{name} must list path patterns such as '/internal/*', got {shown(pattern)}; "
                f"did you mean {'/' + pattern!r}?"
            )
    return patterns


def globs(name: str, value: object) -> tuple[str, ...]:
    """A list of patterns, each once; `"none"` alone is the empty one.

    >>> globs("synthetic_user_agents", "kube-probe/*, *bot*"), globs("…", "none")
    (('kube-probe/*', '*bot*'), ())
    """
    words = tuple(dict.fromkeys(_words(name, value)))
    return () if words == ("none",) else words


def header_names(name: str, value: object) -> tuple[str, ...]:
    """A list of headers' names in lower case, each once; `"none"` alone is the empty one.

    >>> header_names("record_headers", "X-Tenant, x-tenant,Accept"), header_names("…", "none")
    (('x-tenant', 'accept'), ())
    """
    words = tuple(dict.fromkeys(word.lower() for word in globs(name, value)))
    for word in words:
        if "*" in word or not _TOKEN.fullmatch(word):
            raise ConfigurationError(
                f"{name} must list names of headers such as 'x-tenant', got {shown(word)}; write"
                " each name out"
            )
    return words


def parameter_names(name: str, value: object) -> tuple[str, ...]:
    """A list of query parameters' names, each once; `"none"` alone is the empty one."""
    words = globs(name, value)
    for word in words:
        if re.search(r"[*?&;=#\s]", word):
            raise ConfigurationError(
                f"{name} must list names of query parameters such as 'page', got {shown(word)};"
                " write each name out, and no value"
            )
    return words


def path(name: str, value: object) -> str:
    """The path of one endpoint of ours: it starts with `/`, and nothing follows the path."""
    if not isinstance(value, str) or not re.fullmatch(r"/[^\s?#*{}<>]+", value):
        raise ConfigurationError(f"{name} must be a path such as '/metrics', got {shown(value)}")
    return value


def workers(name: str, value: object) -> str:
    """`auto`, `off`, or the absolute path of a folder; true and false mean the former two.

    >>> workers("workers", False), workers("workers", "/run/shop")
    ('off', '/run/shop')
    """
    if isinstance(value, bool):
        return "auto" if value else "off"
    written = os.fspath(value) if isinstance(value, os.PathLike) else value
    if isinstance(written, str):
        word = written.strip()
        if word.lower() in ("auto", "off"):
            return word.lower()
        if os.path.isabs(word):
            return word
    raise ConfigurationError(
        f"{name} must be 'auto', 'off' or the absolute path of a folder that the workers share,"
        f" such as '/run/checkout', got {shown(value)}"
    )


def file_path(name: str, value: object) -> str:
    """Where a file is; whether it is there shows when it is opened."""
    written = os.fspath(value) if isinstance(value, os.PathLike) else value
    if not isinstance(written, str) or not written.strip():
        raise ConfigurationError(f"{name} must be the path of a file, got {shown(value)}")
    return written


def file_patterns(name: str, value: object) -> tuple[str, ...]:
    """A list of files' paths or globs, each once; whether they are there shows when they are read.

    >>> file_patterns("objectives", "slo/checkout.yaml, slo/*.yaml")
    ('slo/checkout.yaml', 'slo/*.yaml')
    """
    if isinstance(value, os.PathLike):
        raise ConfigurationError(f"{name} must be a list, got {shown(value)}; put it into brackets")
    if isinstance(value, (list, tuple)):
        value = [os.fspath(each) if isinstance(each, os.PathLike) else each for each in value]
    return tuple(dict.fromkeys(_words(name, value)))


def endpoint(name: str, value: object) -> str:
    """An OTLP endpoint: a URL by http or https, or `host:port`."""
    wanted = f"{name} must be a URL such as 'http://127.0.0.1:4318', or 'host:port'"
    if not isinstance(value, str):
        raise ConfigurationError(f"{wanted}, got {shown(value)}")
    written = value.strip()
    try:
        parts = urlsplit(written if "://" in written else f"http://{written}")
        has_port = parts.port is not None  # ValueError where what is there is no port
        complete = bool(parts.hostname) and ("://" in written or has_port)
        sound = complete and parts.scheme in ("http", "https") and not re.search(r"\s", written)
    except ValueError:
        sound = False
    if not sound:
        raise ConfigurationError(f"{wanted}, got {shown(without_password(written))}")
    return written


def listen_address(name: str, value: object) -> Address | None:
    """Where to listen: `host:port`, `[IPv6]:port`, or `:port` for all interfaces; `none` for none.

    >>> listen_address("admin", ":9464"), listen_address("admin", "none")
    (Address(host='', port=9464), None)
    """
    written = value.strip() if isinstance(value, str) else ""
    if written.lower() == "none":
        return None
    found = _LISTEN.fullmatch(written)
    if found is None or int(found["port"]) > 65535 or not _is_host(found["name"], found["v6"]):
        raise ConfigurationError(
            f"{name} must be host:port such as '0.0.0.0:9464', '[::]:9464', or ':9464' for all "
            f"interfaces, with a port from 0 to 65535, got {shown(value)}"
        )
    return Address(found["v6"] or found["name"] or "", int(found["port"]))


def _is_host(name: str | None, v6: str | None) -> bool:
    """Whether it is an IPv6 address, an IPv4 one if it looks like one, or else a name."""
    try:
        if v6 is not None:
            IPv6Address(v6)
        elif name and re.fullmatch(r"[0-9.]+", name):
            IPv4Address(name)
    except ValueError:
        return False
    return True


def attributes(name: str, value: object) -> Mapping[str, AttributeValue]:
    """Resource attributes: a table, or `key=value` pairs as `OTEL_RESOURCE_ATTRIBUTES` has them.

    Tables may be nested (`[resource_attributes.cloud]`, `region = "eu"`): the keys are joined by
    dots. In text, keys and values are percent-decoded; one broken pair makes the whole text
    invalid, as the resource specification of OpenTelemetry says.

    >>> dict(attributes("resource_attributes", "team=a%2Cb,cloud.region=eu"))
    {'team': 'a,b', 'cloud.region': 'eu'}
    """
    if isinstance(value, str):
        pairs = {_decoded(name, k): _decoded(name, v) for k, v in _pairs(name, value, shown(value))}
        return MappingProxyType(dict(pairs))
    if not isinstance(value, Mapping):
        raise ConfigurationError(f"{name} must be a table of attributes, got {shown(value)}")
    flat: dict[str, AttributeValue] = {}
    _flatten(name, "", value, flat)
    return MappingProxyType(flat)


def headers(name: str, value: object) -> Mapping[str, str]:
    """Headers to send along: a table, or `key=value` pairs. No message repeats a value."""
    pairs: list[tuple[object, object]] = []
    if isinstance(value, str):
        # Many write 'authorization=Bearer abc' unencoded: a stray percent sign stays what it is.
        pairs.extend((k, unquote(v)) for k, v in _pairs(name, value, "something else"))
    elif isinstance(value, Mapping):
        pairs.extend(value.items())
    else:
        raise ConfigurationError(f"{name} must be a table of headers, got a {type(value).__name__}")
    read: dict[str, str] = {}
    for key, content in pairs:
        if not isinstance(key, str) or not _TOKEN.fullmatch(key):
            # Not even the key: in 'authorization: Bearer abc=' the secret is part of it.
            raise ConfigurationError(f"{name} must have header names as keys, as in 'key=value'")
        if not isinstance(content, str) or not content.isprintable():
            raise ConfigurationError(f"{name}: the header {key!r} must be printable text")
        read[key.lower()] = content
    return MappingProxyType(read)


def _words(name: str, value: object) -> list[str]:
    if isinstance(value, str):
        return [word for part in value.split(",") if (word := part.strip())]
    if not isinstance(value, (list, tuple)):
        raise ConfigurationError(f"{name} must be a list, or text with commas, got {shown(value)}")
    words: list[str] = []
    for word in value:
        if not isinstance(word, str) or not word.strip():
            raise ConfigurationError(f"{name} must list text, got {shown(word)} in it")
        words.append(word.strip())
    return words


def _pairs(name: str, value: str, instead: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for part in value.split(","):
        if not part.strip():
            continue
        key, equals, content = part.partition("=")
        if not equals or not key.strip():
            raise ConfigurationError(f"{name} must be 'key=value' pairs with commas, got {instead}")
        pairs.append((key.strip(), content.strip()))
    return pairs


def _decoded(name: str, value: str) -> str:
    if not _BROKEN_PERCENT.search(value):
        try:
            return unquote(value, errors="strict")
        except UnicodeDecodeError:
            pass
    raise ConfigurationError(f"{name} must be percent-encoded UTF-8, got {shown(value)}")


def _flatten(
    name: str, prefix: str, table: Mapping[object, object], into: dict[str, AttributeValue]
) -> None:
    for key, value in table.items():
        if not isinstance(key, str) or not key:
            raise ConfigurationError(f"{name} must have text as keys, got {shown(key)}")
        if isinstance(value, Mapping):
            _flatten(name, f"{prefix}{key}.", value, into)
        else:
            into[f"{prefix}{key}"] = _attribute(f"{name}: {prefix}{key}", value)


def _attribute(name: str, value: object) -> AttributeValue:
    if isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, (list, tuple)):
        kinds = {type(item) for item in value}
        if len(kinds) <= 1 and kinds <= {str, bool, int, float}:
            return tuple(value)
    raise ConfigurationError(
        f"{name} must be text, a number, true or false, or a list of one of them, "
        f"got {shown(value)}"
    )
