"""The pure HTTP engine gives what its tables say, and never leaves its closed sets."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ninefold.errors import DeadlineExceededError, RejectedError
from ninefold.sli.http import (
    KNOWN_METHODS,
    OTHER,
    Ending,
    ending_of,
    error_type,
    known_methods,
    method_label,
    protocol_version_label,
    scheme_label,
    status_code,
    status_label,
)

VECTORS = Path(__file__).parents[2] / "conformance" / "vectors" / "http"
ERROR_TYPES: dict[str, Any] = yaml.safe_load((VECTORS / "error_type.yaml").read_text("utf-8"))
LABELS: dict[str, Any] = yaml.safe_load((VECTORS / "labels.yaml").read_text("utf-8"))

CLOSED_SET = {None, "client_disconnected", "timeout", "cancelled", "incomplete_response", "_OTHER"}
CLOSED_SET |= {str(status) for status in range(500, 600)}

statuses = st.none() | st.integers(100, 599) | st.integers()
endings = st.sampled_from(Ending)


def label_cases(table: str) -> list[Any]:
    """Give one table of labels as pytest parameters, named by their input."""
    return [pytest.param(case, id=repr(case["given"])) for case in LABELS[table]]


@pytest.mark.parametrize("case", ERROR_TYPES["cases"], ids=lambda case: case["name"])
def test_error_type_follows_its_table(case: dict[str, Any]) -> None:
    """Each way an exchange can end has the one `error.type` of the table."""
    how = case["given"] | {"ending": Ending(case["given"]["ending"])}
    assert error_type(**how) == case["expect"]


def test_the_table_covers_every_ending_at_every_stage() -> None:
    """No combination of stage, disconnect and ending is left to the implementer's fancy."""
    seen = {
        (given["status"] is not None, given["complete"], given["gone"], given["ending"])
        for given in (case["given"] for case in ERROR_TYPES["cases"])
        if given["status"] is None or 100 <= given["status"] < 500
    }
    stages = [
        (False, False, False),
        (False, False, True),
        (True, False, False),
        (True, True, False),
    ]
    assert {(*stage, ending.value) for stage in stages for ending in Ending} <= seen


@given(status=statuses, complete=st.booleans(), gone=st.booleans(), ending=endings)
def test_error_type_is_a_closed_set(
    status: int | None, complete: bool, gone: bool, ending: Ending
) -> None:
    """Whatever happens, `error.type` is one of a set known in advance."""
    assert error_type(status=status, complete=complete, gone=gone, ending=ending) in CLOSED_SET


@given(status=st.integers(500, 599), complete=st.booleans(), gone=st.booleans(), ending=endings)
def test_a_server_error_that_was_sent_is_named_by_its_status(
    status: int, complete: bool, gone: bool, ending: Ending
) -> None:
    """A status of 500 or more wins over everything else that happened."""
    got = error_type(status=status, complete=complete, gone=gone, ending=ending)
    assert got == str(status)


@given(status=st.none() | st.integers(100, 499), complete=st.booleans(), ending=endings)
def test_a_client_that_left_never_spends_the_budget(
    status: int | None, complete: bool, ending: Ending
) -> None:
    """A disconnect before the last message is the client's, whatever the application did."""
    got = error_type(status=status, complete=complete, gone=True, ending=ending)
    assert got == "client_disconnected"


@given(status=st.integers(100, 499), ending=endings)
def test_what_happens_after_a_whole_response_is_no_error(status: int, ending: Ending) -> None:
    """The exchange is over with its last message; a failing background task is not its error."""
    assert error_type(status=status, complete=True, gone=False, ending=ending) is None


@given(status=st.none() | st.integers(100, 499), ending=endings)
def test_an_unfinished_exchange_is_never_clean(status: int | None, ending: Ending) -> None:
    """Without the last message something went wrong, and it has a name."""
    assert error_type(status=status, complete=False, gone=False, ending=ending) is not None


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (None, Ending.RETURNED),
        (ValueError("x"), Ending.RAISED),
        (TimeoutError(), Ending.RAISED),
        (RejectedError("x"), Ending.RAISED),
        (DeadlineExceededError("x"), Ending.EXPIRED),
        (ExceptionGroup("g", [DeadlineExceededError("x")]), Ending.EXPIRED),
        (ExceptionGroup("g", [ExceptionGroup("h", [DeadlineExceededError("x")])]), Ending.EXPIRED),
        (ExceptionGroup("g", [DeadlineExceededError("x"), ValueError("x")]), Ending.RAISED),
        (asyncio.CancelledError(), Ending.CANCELLED),
        (GeneratorExit(), Ending.CANCELLED),
        (KeyboardInterrupt(), Ending.CANCELLED),
        (SystemExit(1), Ending.CANCELLED),
        (BaseExceptionGroup("g", [KeyboardInterrupt(), ValueError("x")]), Ending.CANCELLED),
    ],
    ids=repr,
)
def test_an_ending_is_told_by_what_came_out(error: BaseException | None, expected: Ending) -> None:
    """An error, our own deadline and an order to stop are three different things."""
    assert ending_of(error) is expected


@pytest.mark.parametrize("case", label_cases("method"))
def test_method_label_follows_its_table(case: dict[str, Any]) -> None:
    """A method is a known one or `_OTHER`, and the deployment may say which are known."""
    known = known_methods(case.get("known"))
    assert method_label(case["given"], known) == case["expect"]


@pytest.mark.parametrize("case", label_cases("scheme"))
def test_scheme_label_follows_its_table(case: dict[str, Any]) -> None:
    """A scheme is one of four or `_OTHER`."""
    assert scheme_label(case["given"]) == case["expect"]


@pytest.mark.parametrize("case", label_cases("protocol_version"))
def test_protocol_version_label_follows_its_table(case: dict[str, Any]) -> None:
    """A protocol version is one of four or left out, in ASGI's and in WSGI's spelling."""
    assert protocol_version_label(case["given"]) == case["expect"]


@pytest.mark.parametrize("case", label_cases("status"))
def test_status_label_follows_its_table(case: dict[str, Any]) -> None:
    """A status is one that HTTP has, or left out."""
    assert status_label(case["given"]) == case["expect"]


@pytest.mark.parametrize("case", label_cases("status_line"))
def test_status_code_is_read_from_a_status_line(case: dict[str, Any]) -> None:
    """A WSGI status line gives its three digits, or nothing; it never raises."""
    assert status_code(case["given"]) == case["expect"]


@given(text=st.text())
def test_no_text_from_a_client_becomes_a_label(text: str) -> None:
    """Any text at all maps into the bounded sets."""
    assert method_label(text) in KNOWN_METHODS | {OTHER}
    assert scheme_label(text) in {"http", "https", "ws", "wss", OTHER}
    assert protocol_version_label(text) in {"1.0", "1.1", "2", "3", None}
    code = status_code(text)
    assert code is None or 0 <= code <= 999


def test_the_default_methods_are_the_known_ones() -> None:
    """Without a setting, the label function and the setting's reader agree."""
    assert known_methods(None) is KNOWN_METHODS
