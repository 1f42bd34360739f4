"""What is said of backoff is checked once; what asks for a wait is found where it stands."""

from __future__ import annotations

import dataclasses
import math
from datetime import timedelta
from email.message import Message
from typing import Any

import pytest

from ninefold.errors import BulkheadFullError, CircuitOpenError, ConfigurationError
from ninefold.resilience.backoff import Backoff, asked_wait

NO_WAIT = (
    "; a retry without a wait meets a dependency that had no time to recover: write 0.001 for next"
    " to none"
)
JITTERS = "jitter must be one of 'full', 'equal', 'decorrelated', 'none', got "
SHRINKS = (
    "; waits that shrink would come ever faster on a dependency that is down: write 1 for waits"
    " that stay the same"
)
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"base": -1.0}, "base must be > 0 seconds, got -1.0"),
    ({"base": 0}, f"base must be > 0 seconds, got 0{NO_WAIT}"),
    ({"base": timedelta(0)}, f"base must be > 0 seconds, got datetime.timedelta(0){NO_WAIT}"),
    ({"base": math.nan}, "base must be a finite number > 0 seconds, got nan"),
    ({"base": math.inf}, "base must be a finite number > 0 seconds, got inf"),
    ({"base": True}, "base must be a number > 0 seconds, got True"),
    ({"base": "1s"}, "base must be a number > 0 seconds, got '1s'"),
    ({"base": None}, "base must be a number > 0 seconds, got None"),
    ({"cap": -1}, "cap must be > 0 seconds, got -1"),
    ({"cap": 0.0}, f"cap must be > 0 seconds, got 0.0{NO_WAIT}"),
    ({"cap": math.inf}, "cap must be a finite number > 0 seconds, got inf"),
    ({"cap": False}, "cap must be a number > 0 seconds, got False"),
    (
        {"base": 2, "cap": 1},
        "cap must be >= base, which is 2 seconds, got 1; raise the cap or lower the base",
    ),
    ({"factor": 0.5}, f"factor must be >= 1, got 0.5{SHRINKS}"),
    ({"factor": 0}, f"factor must be >= 1, got 0{SHRINKS}"),
    ({"factor": -2}, f"factor must be >= 1, got -2{SHRINKS}"),
    ({"factor": math.nan}, "factor must be a finite number > 0, got nan"),
    ({"factor": math.inf}, "factor must be a finite number > 0, got inf"),
    ({"factor": 10**400}, f"factor must be a finite number > 0, got {'1' + '0' * 78}…"),
    ({"factor": True}, "factor must be a number > 0, got True"),
    ({"factor": "2"}, "factor must be a number > 0, got '2'"),
    ({"jitter": "ful"}, f"{JITTERS}'ful'; did you mean 'full'?"),
    ({"jitter": "decorelated"}, f"{JITTERS}'decorelated'; did you mean 'decorrelated'?"),
    ({"jitter": None}, f"{JITTERS}None"),
]


@pytest.mark.parametrize(("said", "message"), REFUSED, ids=[str(said) for said, _ in REFUSED])
def test_what_cannot_be_meant_is_refused(said: dict[str, Any], message: str) -> None:
    """The message says what, the value and, where it is not plain, the remedy."""
    with pytest.raises(ConfigurationError) as caught:
        Backoff(**said)
    assert str(caught.value) == message


def test_durations_are_float_seconds_however_they_were_said() -> None:
    """Whole numbers and timedeltas are kept as floats, and compare as such."""
    said = Backoff(base=timedelta(milliseconds=250), cap=timedelta(minutes=1), factor=3)
    assert said == Backoff(base=0.25, cap=60, factor=3.0)
    assert [type(number) for number in (said.base, said.cap, said.factor)] == [float] * 3
    assert hash(said) == hash(Backoff(base=0.25, cap=60, factor=3))


def test_a_changed_copy_is_checked_anew() -> None:
    """Numbers can be replaced one by one, never by what cannot be meant."""
    assert dataclasses.replace(Backoff(), cap=timedelta(seconds=2)) == Backoff(cap=2.0)
    with pytest.raises(ConfigurationError, match="cap must be >= base"):
        dataclasses.replace(Backoff(), base=20)
    with pytest.raises(dataclasses.FrozenInstanceError):
        Backoff().base = 1.0  # type: ignore[misc]  # the misuse that is tested


class Response:
    """What a client returned, or keeps with its exception."""

    def __init__(self, headers: object) -> None:
        self.headers = headers


class Failed(Exception):
    """What a client raised; it has whatever a test gives it."""

    def __init__(self, **members: object) -> None:
        super().__init__("failed")
        vars(self).update(members)


class Hostile(Exception):
    """Whose headers, once asked for, raise."""

    @property
    def headers(self) -> object:
        raise RuntimeError("hostile")


def mail(name: str, value: str) -> Message:
    """Headers as the standard library keeps them."""
    message = Message()
    message[name] = value
    return message


FOUND: list[tuple[str, object, float | None]] = [
    ("a result, in lower case", Response({"retry-after": "3"}), 3.0),
    ("a result, as a server spells it", Response({"Retry-After": b"3"}), 3.0),
    ("urllib's headers", Failed(headers=mail("RETRY-AFTER", "3")), 3.0),
    ("an exception's response", Failed(response=Response({"retry-after": "3"})), 3.0),
    ("an exception without a response", Failed(response=None, headers={"retry-after": "3"}), 3.0),
    (
        "the response comes first",
        Failed(response=Response({"retry-after": "3"}), headers={"retry-after": "4"}),
        3.0,
    ),
    ("an open breaker", CircuitOpenError("psp", 2.5), 2.5),
    ("a breaker that may be probed", CircuitOpenError("psp", -1.0), 0.0),
    ("another exception's attribute", Failed(retry_after=9.0), None),
    ("another of ours", BulkheadFullError("full", 3), None),
    ("no such header", Response({"x": "3"}), None),
    ("a header that is no text", Response({"retry-after": 3}), None),
    ("headers that cannot be asked", Response(["retry-after"]), None),
    ("headers that raise", Hostile(), None),
    ("no headers", object(), None),
    ("nothing", None, None),
]


@pytest.mark.parametrize(
    ("outcome", "asked"),
    [(outcome, asked) for _, outcome, asked in FOUND],
    ids=[name for name, _, _ in FOUND],
)
def test_what_asks_for_a_wait_is_found(outcome: object, asked: float | None) -> None:
    """In a result or an exception of whatever client, and nowhere else."""
    assert asked_wait(outcome, lambda: 0.0) == asked


def test_the_time_is_asked_for_only_where_a_header_needs_it() -> None:
    """An outcome that says nothing reads no wall clock; one that fails gives no wait."""
    asked: list[float] = []

    def wall() -> float:
        asked.append(0.0)
        raise OSError("no clock")

    assert asked_wait(Response({}), wall) is None
    assert asked == []
    assert asked_wait(Response({"retry-after": "3"}), wall) is None
    assert asked == [0.0]


def test_what_stops_a_program_passes_through() -> None:
    """Only an `Exception` of the object asked is taken for no answer."""

    class Stopping:
        @property
        def headers(self) -> object:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        asked_wait(Stopping(), lambda: 0.0)
