"""What users pass in: accepted, or refused with what, the value and the remedy."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninefold import core
from ninefold.errors import ConfigurationError, NinefoldError

Check = Callable[[object], object]

REFUSED: list[tuple[Check, object, str]] = [
    (
        lambda v: core.require_positive("cooldown", v, unit="seconds"),
        -1.0,
        "cooldown must be > 0 seconds, got -1.0",
    ),
    (lambda v: core.require_positive("rate", v), 0, "rate must be > 0, got 0"),
    (lambda v: core.require_positive("rate", v), "3", "rate must be a number > 0, got '3'"),
    (lambda v: core.require_positive("rate", v), True, "rate must be a number > 0, got True"),
    (
        lambda v: core.require_positive("rate", v),
        math.nan,
        "rate must be a finite number > 0, got nan",
    ),
    (
        lambda v: core.require_non_negative("wait", v, unit="seconds"),
        math.inf,
        "wait must be a finite number >= 0 seconds, got inf",
    ),
    (lambda v: core.require_non_negative("wait", v), -0.1, "wait must be >= 0, got -0.1"),
    (
        lambda v: core.require_between("ratio", v, 0, 1),
        1.5,
        "ratio must be between 0 and 1, got 1.5",
    ),
    (
        lambda v: core.require_between("target", v, 0, 1, above=True),
        0.0,
        "target must be above 0 and at most 1, got 0.0",
    ),
    (
        lambda v: core.require_between("ratio", v, 0, 1),
        None,
        "ratio must be a number between 0 and 1, got None",
    ),
    (
        lambda v: core.require_count("attempts", v, minimum=1),
        2.0,
        "attempts must be a whole number >= 1, got 2.0",
    ),
    (
        lambda v: core.require_count("attempts", v, minimum=1, unit="calls"),
        0,
        "attempts must be a whole number >= 1 calls, got 0",
    ),
    (
        lambda v: core.require_one_of("jitter", v, ("full", "none")),
        "Ful",
        "jitter must be one of 'full', 'none', got 'Ful'; did you mean 'full'?",
    ),
    (
        lambda v: core.require_one_of("jitter", v, ("full", "none")),
        "zzz",
        "jitter must be one of 'full', 'none', got 'zzz'",
    ),
    (
        lambda v: core.require_one_of("jitter", v, ("full", "none")),
        7,
        "jitter must be one of 'full', 'none', got 7",
    ),
    (lambda v: core.seconds("timeout", v), timedelta(0), "timeout must be > 0 seconds, got 0.0"),
    (
        lambda v: core.seconds("wait", v, zero=True),
        -1,
        "wait must be >= 0 seconds, got -1",
    ),
    (
        lambda v: core.seconds("timeout", v),
        "1s",
        "timeout must be a number > 0 seconds, got '1s'",
    ),
]


@pytest.mark.parametrize(("check", "value", "message"), REFUSED, ids=[m for _, _, m in REFUSED])
def test_refusal_says_what_the_value_and_the_remedy(
    check: Check, value: object, message: str
) -> None:
    """A refused value raises ConfigurationError with exactly this message."""
    with pytest.raises(ConfigurationError) as caught:
        check(value)
    assert str(caught.value) == message
    assert isinstance(caught.value, NinefoldError)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("name", ["", " a", "a ", "a\nb", "a\0", "x" * 256, b"bytes", None, 3])
def test_names_are_printable_text_of_bounded_length(name: object) -> None:
    """Whatever could not be read and typed again by a person is no name."""
    with pytest.raises(ConfigurationError, match="1 to 255 printable characters"):
        core.require_name("dependency name", name)


@pytest.mark.parametrize("name", ["a", "orders-db", "place order", "größe", "x" * 255])
def test_ordinary_names_pass(name: str) -> None:
    """Inner spaces, dashes and letters of any language are fine."""
    core.require_name("dependency name", name)


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(0, 1), st.floats(0, 1))
def test_numeric_checks_agree_with_comparison(value: float, low: float, span: float) -> None:
    """For every finite number a check passes exactly where the comparison it names holds."""

    def passes(check: Check) -> bool:
        try:
            check(value)
        except ConfigurationError:
            return False
        return True

    high = low + span
    assert passes(lambda v: core.require_positive("n", v)) == (value > 0)
    assert passes(lambda v: core.require_non_negative("n", v)) == (value >= 0)
    assert passes(lambda v: core.require_between("n", v, low, high)) == (low <= value <= high)
    assert passes(lambda v: core.require_between("n", v, low, high, above=True)) == (
        low < value <= high
    )
    assert passes(lambda v: core.seconds("n", v)) == (value > 0)


@given(st.timedeltas(min_value=timedelta(microseconds=1)))
def test_a_timedelta_is_as_good_as_seconds(length: timedelta) -> None:
    """Both ways to say a duration give the same float."""
    assert core.seconds("timeout", length) == core.seconds("timeout", length.total_seconds())


def test_a_number_too_large_for_a_float_is_refused_as_infinite() -> None:
    """An enormous integer is a ConfigurationError, not an OverflowError."""
    with pytest.raises(ConfigurationError, match="finite number"):
        core.require_positive("rate", 10**400)


def test_a_long_value_is_cut_in_the_message() -> None:
    """A message stays readable whatever was passed in."""
    with pytest.raises(ConfigurationError) as caught:
        core.require_positive("rate", "x" * 10_000)
    assert len(str(caught.value)) < 150


def test_nearest_ignores_case_and_gives_nothing_for_strangers() -> None:
    """A suggestion is made for a slip, not for an unrelated word."""
    assert core.nearest("ENVIROMENT", ["environment", "owner"]) == "environment"
    assert core.nearest("banana", ["environment", "owner"]) is None
