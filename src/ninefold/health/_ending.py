"""How a probe ended, told as `Probed`: for people to read, and without secrets."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import Final

from ninefold.core import redacted_text
from ninefold.health._model import Finding, Probed
from ninefold.telemetry._error_types import OTHER, ErrorTypes

SHOWN: Final = 200
"""How much of a text is kept, in characters."""

_LOOKED_AT: Final = 4096


def presentable(text: str) -> str:
    r"""A text of a check or a client: without secrets, on one line, of `SHOWN` characters at most.

    >>> presentable("no answer\nof redis://me:abc@cache")
    'no answer of redis://REDACTED@cache'
    """
    text = redacted_text(text[:_LOOKED_AT])
    if not text.isprintable():
        text = "".join(each if each.isprintable() else " " for each in text)
    text = text.strip()
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


class Endings:
    """Tells what runs of checks gave or raised; nothing here raises. For use on any thread."""

    __slots__ = ("_types",)

    def __init__(self) -> None:
        self._types = ErrorTypes()

    def gave(self, result: object, at: float, took: float) -> Probed:
        """Of a run that began `at` and gave `result`, which has to be a finding."""
        try:
            if not isinstance(result, Finding):
                if inspect.iscoroutine(result):
                    result.close()
                raise TypeError(f"a check gives a Finding, got {type(result).__name__}")
            detail = presentable(result.detail)
            cause = None if result.cause is None else presentable(result.cause)
            if (detail, cause) != (result.detail, result.cause):
                result = replace(result, detail=detail, cause=cause)
            return Probed(at, took, "success", finding=result, detail=detail)
        except Exception as error:  # noqa: BLE001 - what a check gives may be anything
            return self.raised(error, at, took)

    def raised(self, error: BaseException, at: float, took: float) -> Probed:
        """Of a run that began `at` and raised `error`, be it `SystemExit`."""
        try:
            detail = presentable(str(error))
        except Exception:  # noqa: BLE001 - a broken __str__ is the application's
            detail = ""
        return Probed(at, took, "failure", error=self._name(error), detail=detail)

    def _name(self, error: BaseException) -> str:
        if isinstance(error, Exception):
            return self._types.of(error)
        # `ErrorTypes` says that these cancel the work; a check that raises one itself has failed.
        kind = type(error)
        return kind.__qualname__ if kind.__module__ == "builtins" else OTHER
