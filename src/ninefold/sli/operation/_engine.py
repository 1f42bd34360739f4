"""Decides what one run of an operation counts as. A classifier that fails is as if not there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ninefold.sli.operation._model import IGNORED, SUCCESS, Classifiers, Ending, Said
from ninefold.telemetry._error_types import CANCELLED as CANCELLED_TYPE
from ninefold.telemetry._error_types import OTHER

FAILURE: Final = Ending("failure", OTHER)
CANCELLED: Final = Ending("cancelled", CANCELLED_TYPE)


class Classification:
    """The decision for one operation.

    `name` gives an exception's `error.type`; `fault` is told of the exceptions of classifiers.
    """

    __slots__ = ("_fault", "_given", "_name")

    def __init__(
        self,
        given: Classifiers,
        name: Callable[[BaseException], str],
        fault: Callable[[Exception], None],
    ) -> None:
        self._given = given
        self._name = name
        self._fault = fault

    def returned(self, result: object) -> Ending:
        """What a run with this result counts as."""
        given = self._given
        for ignored in given.ignored:
            if self._answer(ignored, result, unless=False):
                return IGNORED
        for good in given.good_results:
            if not self._answer(good, result, unless=True):
                return FAILURE
        return SUCCESS

    def raised(self, error: BaseException) -> Ending:
        """What a run that raised counts as.

        What is no `Exception` tells the work to stop, and no classifier is asked about that.
        """
        if not isinstance(error, Exception):
            return CANCELLED
        given = self._given
        if given.ignored_errors and self._is_one(error, given.ignored_errors):
            return IGNORED
        for ignored in given.ignored:
            if self._answer(ignored, error, unless=False):
                return IGNORED
        if given.good_errors and self._is_one(error, given.good_errors):
            return SUCCESS
        return Ending("failure", self._name(error))

    def left(self, said: Said, error: BaseException | None) -> Ending:
        """What a block counts as: it has no result, but may have said something."""
        if error is not None and not isinstance(error, Exception):
            return CANCELLED
        if said == "ignored":
            return IGNORED
        if said == "failure":
            return FAILURE if error is None else Ending("failure", self._name(error))
        return SUCCESS if error is None else self.raised(error)

    def _answer(self, asked: Callable[[Any], object], about: object, *, unless: bool) -> bool:
        try:
            # An answer may refuse to be a bool, as an array does.
            return bool(asked(about))
        except Exception as error:  # noqa: BLE001 - counted; the application's run goes on
            self._fault(error)
            return unless

    def _is_one(self, error: Exception, kinds: tuple[type[Exception], ...]) -> bool:
        try:
            return isinstance(error, kinds)
        except Exception as broken:  # noqa: BLE001 - a metaclass may run code of its own
            self._fault(broken)
            return False
