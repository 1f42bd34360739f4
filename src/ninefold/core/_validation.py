"""Checks of what a user passes in: each error says what, the value, and the remedy.

Every `require_*` returns nothing and raises `ConfigurationError`. `name` is the argument's own
name, as the user wrote it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from datetime import timedelta

from ninefold.errors import ConfigurationError

_LONGEST_NAME = 255
_LONGEST_SHOWN = 80
_SHORTEST_TOKEN = 8
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750, section 2.1


def require_positive(name: str, value: object, *, unit: str = "") -> None:
    """`value` must be a finite number above 0; `unit` is said in the message.

    >>> require_positive("cooldown", 0.5, unit="seconds")
    >>> require_positive("cooldown", -1.0, unit="seconds")
    Traceback (most recent call last):
    ninefold.errors.ConfigurationError: cooldown must be > 0 seconds, got -1.0
    """
    wanted = f"> 0{_suffix(unit)}"
    if not _number(name, value, wanted) > 0:
        raise _wrong(name, wanted, value)


def require_non_negative(name: str, value: object, *, unit: str = "") -> None:
    """`value` must be a finite number, 0 or above; `unit` is said in the message."""
    wanted = f">= 0{_suffix(unit)}"
    if not _number(name, value, wanted) >= 0:
        raise _wrong(name, wanted, value)


def require_between(
    name: str, value: object, low: float, high: float, *, unit: str = "", above: bool = False
) -> None:
    """`value` must be a number from `low` to `high`, both included.

    `above=True` leaves `low` itself out, as for a share that must not be zero.

    >>> require_between("ratio", 1.5, 0, 1)
    Traceback (most recent call last):
    ninefold.errors.ConfigurationError: ratio must be between 0 and 1, got 1.5
    """
    if above:
        wanted = f"above {low:g} and at most {high:g}{_suffix(unit)}"
    else:
        wanted = f"between {low:g} and {high:g}{_suffix(unit)}"
    number = _number(name, value, wanted)
    if not low <= number <= high or (above and number == low):
        raise _wrong(name, wanted, value)


def require_count(name: str, value: object, *, minimum: int = 0, unit: str = "") -> None:
    """`value` must be a whole number, `minimum` or more; a float is refused even when whole.

    >>> require_count("attempts", 0, minimum=1)
    Traceback (most recent call last):
    ninefold.errors.ConfigurationError: attempts must be a whole number >= 1, got 0
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
        raise _wrong(name, f"a whole number >= {minimum}{_suffix(unit)}", value)


def require_one_of(name: str, value: object, choices: Collection[str]) -> None:
    """`value` must be one of `choices`; a misspelt one is answered with the nearest.

    >>> require_one_of("jitter", "ful", ("full", "equal", "none"))
    Traceback (most recent call last):
    ninefold.errors.ConfigurationError: jitter must be one of 'full', 'equal', 'none', \
got 'ful'; did you mean 'full'?
    """
    if isinstance(value, str) and value in choices:
        return
    wrong = f"{name} must be one of {', '.join(map(repr, choices))}, got {shown(value)}"
    near = nearest(value, choices) if isinstance(value, str) else None
    raise ConfigurationError(wrong if near is None else f"{wrong}; did you mean {near!r}?")


def require_name(name: str, value: object) -> None:
    """`value` must be text that can name something: what a person can read and type again.

    That is 1 to 255 printable characters, without white space at either end.

    >>> require_name("service name", "")
    Traceback (most recent call last):
    ninefold.errors.ConfigurationError: service name must be 1 to 255 printable characters \
without white space at either end, got ''
    """
    if (
        not isinstance(value, str)
        or not 0 < len(value) <= _LONGEST_NAME
        or not value.isprintable()
        or value != value.strip()
    ):
        raise _wrong(
            name,
            f"1 to {_LONGEST_NAME} printable characters without white space at either end",
            value,
        )


def require_token(name: str, value: object) -> None:
    """`value` must be a bearer token of 8 characters or more; the message never shows it.

    >>> require_token("admin_token", "hunter2")
    Traceback (most recent call last):
    ninefold.errors.ConfigurationError: admin_token must be 8 or more of the letters, digits and \
-._~+/ that a bearer token has, without white space (what was given is not shown)
    """
    well = isinstance(value, str) and len(value) >= _SHORTEST_TOKEN
    if not well or not _TOKEN.fullmatch(str(value)):
        raise ConfigurationError(
            f"{name} must be {_SHORTEST_TOKEN} or more of the letters, digits and -._~+/ that a"
            " bearer token has, without white space (what was given is not shown)"
        )


def seconds(name: str, value: object, *, zero: bool = False) -> float:
    """The duration `value`, a number of seconds or a `timedelta`, as float seconds.

    It must be above 0; `zero=True` lets 0 pass, for a wait that may be left out.

    >>> seconds("timeout", timedelta(milliseconds=250))
    0.25
    """
    number = value.total_seconds() if isinstance(value, timedelta) else value
    wanted = f"{'>=' if zero else '>'} 0 seconds"
    length = _number(name, number, wanted)
    if length < 0 or (length == 0 and not zero):
        raise _wrong(name, wanted, number)
    return length


def nearest(word: str, choices: Collection[str]) -> str | None:
    """The choice that `word` most likely meant, or None where nothing is close.

    >>> nearest("enviroment", ("environment", "owner"))
    'environment'
    """
    import difflib  # only a mistake needs it, and it takes longer to load than all of this

    folded = {choice.casefold(): choice for choice in choices}
    near = difflib.get_close_matches(word.casefold()[:_LONGEST_NAME], folded, n=1)
    return folded[near[0]] if near else None


def shown(value: object) -> str:
    """`repr(value)`, cut where it would make a message unreadable."""
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def _number(name: str, value: object, wanted: str) -> float:
    """`value` as a float; a bool is no number here, and neither NaN nor infinity is accepted."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _wrong(name, f"a number {wanted}", value)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise _wrong(name, f"a finite number {wanted}", value)
    return number


def _wrong(name: str, wanted: str, value: object) -> ConfigurationError:
    return ConfigurationError(f"{name} must be {wanted}, got {shown(value)}")


def _suffix(unit: str) -> str:
    return f" {unit}" if unit else ""
