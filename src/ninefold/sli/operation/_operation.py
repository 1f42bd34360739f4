"""Operation: a decorator and a context manager that measures what it is put around."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from ninefold.sli.operation._decoration import decorated, require_measurable
from ninefold.sli.operation._model import Measurement

if TYPE_CHECKING:
    from ninefold.sli.operation._metrics import Recorder

Measurable: TypeAlias = "Callable[..., Any] | classmethod[Any, ..., Any] | staticmethod[..., Any]"
F = TypeVar("F", bound=Measurable)

# The blocks that this thread or task has entered and not left, innermost last.
_entered: ContextVar[tuple[Measurement, ...]] = ContextVar("ninefold_measured", default=())


class Operation:
    """What `service.measure` returns. One may be used again and again, nested and at once.

    As a decorator it serves `def`, `async def`, generators, async generators, methods,
    `@classmethod` and `@staticmethod` in either order, and any other object that can be called. A
    generator is measured from its first step to its end, its consumer's time included; one that
    was never begun is no event.

    As a context manager, `with` or `async with`, it gives a `Measurement`.

    >>> import ninefold as nf
    >>> service = nf.setup("checkout")
    >>> with service.measure("invoices.send") as run:
    ...     run.ignore()
    >>> service.shutdown()
    True
    """

    __slots__ = ("__weakref__", "_clock", "_name", "_open", "_recorder")

    def __init__(self, name: str, recorder: Recorder | None, clock: Callable[[], float]) -> None:
        self._name = name
        self._recorder = recorder
        self._clock = clock
        self._open: dict[Measurement, bool] = {}

    def __repr__(self) -> str:
        return f"Operation({self._name!r})"

    @property
    def name(self) -> str:
        """What it is called: `ninefold.operation.name`."""
        return self._name

    def __call__(self, fn: F) -> F:
        """Measure each run of `fn`. Raises `ConfigurationError` for what is no function."""
        require_measurable(self._name, fn)
        if self._recorder is None:
            return fn
        measured: F = decorated(fn, self._recorder, self._clock)
        return measured

    def __enter__(self) -> Measurement:
        run = Measurement(self)
        if self._recorder is not None:
            entered = _entered.get()
            if entered:
                # What was left in another context is still in this one, and goes now.
                entered = tuple([one for one in entered if _is_open(one)])
            _entered.set((*entered, run))
            self._open[run] = True
            run._started = self._clock()
        return run

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._recorder is not None:
            now = self._clock()
            run = self._left()
            if run is None:
                return
            if error is None and run._said is None:
                self._recorder.succeeded(now - run._started)
            else:
                self._recorder.left(run._said, error, now - run._started)

    async def __aenter__(self) -> Measurement:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, traceback)

    def _left(self) -> Measurement | None:
        """Find the block that is being left, and close it; None if there is none."""
        entered = _entered.get()
        for run in reversed(entered):
            # Taken out and asked for in one step: another thread may be looking for one to close.
            if run._owner is self and self._open.pop(run, False):
                _entered.set(tuple([one for one in entered if one is not run]))
                return run
        # Entered in a context that is not this one: a generator whose steps are taken by several
        # threads, as FastAPI does with dependencies. Of one Operation per block it is the only one.
        try:
            return self._open.popitem()[0]
        except KeyError:
            return None


def _is_open(run: Measurement) -> bool:
    owner = run._owner
    return isinstance(owner, Operation) and run in owner._open
