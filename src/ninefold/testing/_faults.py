"""faults: makes a dependency fail, slow down, hang or flap, for a test of what then happens."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from ninefold.core import Runtime, require_count, seconds, shown
from ninefold.errors import ConfigurationError

if TYPE_CHECKING:
    from ninefold.dependency import Dependency
    from ninefold.resilience import Policy

__all__ = ["fail", "flap", "hang", "slow"]


class _Struck(Protocol):
    def __call__(self) -> tuple[float, Exception | None]:
        """How many seconds this attempt waits, and what it then raises."""
        ...


class _Fault:
    """Stands in the way of each attempt, behind breaker, bulkhead and timeout."""

    def __init__(self, struck: _Struck) -> None:
        self._struck = struck

    def strike(self, runtime: Runtime, allowed: float) -> None:
        """In a thread: a client that was told its time gives up when it is over."""
        wait, error = self._struck()
        if wait > allowed:
            runtime.sleep(allowed)
            raise TimeoutError("a fault of a test: the client's own timeout")
        if wait == math.inf:
            raise ConfigurationError(
                "a thread that hangs would hang the test: give the policy an attempt_timeout or a"
                " deadline, or use faults.slow"
            )
        if wait:
            runtime.sleep(wait)
        if error is not None:
            raise error

    async def strike_async(self, runtime: Runtime) -> None:
        """On an event loop, which ends it when its time is over."""
        wait, error = self._struck()
        if wait:
            # No sleep is endless; a day is longer than any attempt.
            await runtime.async_sleep(min(wait, 86_400.0))
        if error is not None:
            raise error


@contextmanager
def _in_the_way(target: Dependency | Policy, fault: _Fault) -> Generator[None]:
    policy = getattr(target, "policy", target)
    core = getattr(policy, "core", None)
    if core is None:
        raise ConfigurationError(
            f"faults take a dependency or an nf.Policy with a name, got {shown(target)}"
        )
    before = core.fault
    core.put(fault)
    try:
        yield
    finally:
        core.put(before)


def _is_exception(error: object) -> bool:
    return isinstance(error, type) and issubclass(error, Exception)


def _made(error: Exception | type[Exception] | None) -> Callable[[], Exception]:
    if error is None:
        return lambda: ConnectionError("a fault of a test")
    if isinstance(error, Exception):
        return lambda: error
    if _is_exception(error):
        return _without_arguments(error)
    raise ConfigurationError(f"a fault raises an Exception or a class of one, got {shown(error)}")


def _without_arguments(kind: type[Exception]) -> Callable[[], Exception]:
    """What makes one of a class of which only that is known; many clients' want a message."""
    for args in ((), ("a fault of a test",)):
        try:
            kind(*args)
        except Exception:  # noqa: BLE001 - a constructor of others
            continue
        return functools.partial(kind, *args)
    raise ConfigurationError(
        f"a fault cannot make a {kind.__name__} without arguments; give one: {kind.__name__}(...)"
    )


@contextmanager
def fail(
    target: Dependency | Policy, error: Exception | type[Exception] | None = None
) -> Generator[None]:
    """Every attempt fails with `error` (default: a `ConnectionError`), without being made.

    It stands where the dependency would: breaker, retry, fallback and metrics do what they do.

    >>> import ninefold as nf
    >>> search = nf.Policy("search", fallback="nothing", breaker=nf.Breaker())
    >>> with nf.testing.faults.fail(search):
    ...     search.call(len, "pens")
    'nothing'
    """
    make = _made(error)
    with _in_the_way(target, _Fault(lambda: (0.0, make()))):
        yield


@contextmanager
def slow(target: Dependency | Policy, by: float | timedelta) -> Generator[None]:
    """Every attempt takes `by` seconds longer, on the policy's own clock."""
    length = seconds("by", by)
    with _in_the_way(target, _Fault(lambda: (length, None))):
        yield


@contextmanager
def hang(target: Dependency | Policy) -> Generator[None]:
    """No attempt comes back by itself: the attempt timeout or the deadline ends it.

    In a thread that is played by a `TimeoutError` after that time, as a client raises that was
    given `nf.remaining()`; without any limit the call raises `ConfigurationError`.
    """
    with _in_the_way(target, _Fault(lambda: (math.inf, None))):
        yield


@contextmanager
def flap(
    target: Dependency | Policy,
    *,
    bad: int = 1,
    good: int = 1,
    error: Exception | type[Exception] | None = None,
) -> Generator[None]:
    """Attempts fail `bad` times, pass `good` times, and so on."""
    require_count("bad", bad, minimum=1, unit="attempts")
    require_count("good", good, minimum=1, unit="attempts")
    make, turns = _made(error), itertools.cycle([True] * bad + [False] * good)
    with _in_the_way(target, _Fault(lambda: (0.0, make() if next(turns) else None))):
        yield
