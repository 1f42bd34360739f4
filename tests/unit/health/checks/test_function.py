"""A function as a check: what it is called with, and what its answers mean."""

from __future__ import annotations

import asyncio
import functools
import inspect
import operator
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest

from ninefold.core import kind_of_call
from ninefold.errors import ConfigurationError
from ninefold.health import Check, Finding, checks
from ninefold.health.checks._function import as_check

LATE = 30.0


def sync(answer: object) -> Callable[[], Any]:
    """A function that answers so."""

    def look() -> object:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return look


def asynchronous(answer: object) -> Callable[[], Awaitable[Any]]:
    """A coroutine function that answers so."""

    async def look() -> object:
        await asyncio.sleep(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return look


WAYS = pytest.mark.parametrize("way", [sync, asynchronous])


def run(check: Check, timeout: float = LATE) -> Finding:
    """Run a check of either kind."""
    found = check.run(timeout)
    if isinstance(found, Finding):
        return found

    async def main() -> Finding:
        return await found

    return asyncio.run(main())


@WAYS
@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (None, Finding()),
        (True, Finding()),
        (False, Finding("down", "look answered False")),
        (Finding("degraded", "half"), Finding("degraded", "half")),
    ],
)
def test_an_answer_is_a_finding(way: Any, answer: object, found: Finding) -> None:
    """Nothing and True are well, False is down, and a finding is what it is."""
    assert run(checks.function(way(answer))) == found


@WAYS
@pytest.mark.parametrize("answer", [1, 0, "", "secret123", {}, ("down",), Finding])
def test_any_other_answer_has_failed(way: Any, answer: object) -> None:
    """It may have been meant either way. Its type is told, and never its value."""
    with pytest.raises(TypeError, match=f"got a {type(answer).__name__}") as raised:
        run(checks.function(way(answer)))
    assert "secret123" not in str(raised.value)


@WAYS
def test_what_it_raises_is_raised(way: Any) -> None:
    """The exception itself, which says most."""
    with pytest.raises(LookupError) as raised:
        run(checks.function(way(error := LookupError("gone"))))
    assert raised.value is error


def test_a_coroutine_that_comes_of_a_function_has_failed() -> None:
    """It is not awaited on a worker thread; that it was never awaited is not warned of."""
    with pytest.raises(TypeError, match="got a coroutine"):
        run(checks.function(lambda: asynchronous(None)()))


@pytest.mark.parametrize(
    "fn",
    [
        lambda timeout: Finding("up", str(timeout)),
        lambda timeout=1.0: Finding("up", str(timeout)),
        lambda *, timeout: Finding("up", str(timeout)),
        lambda timeout, /: Finding("up", str(timeout)),
        lambda more=1, *, timeout: Finding("up", str(timeout)),
        functools.partial(lambda host, timeout: Finding("up", str(timeout)), "db"),
    ],
)
def test_an_argument_called_timeout_is_the_probes_seconds(fn: Callable[..., Any]) -> None:
    """However it is declared."""
    assert run(checks.function(fn), 2.5).detail == "2.5"


@pytest.mark.parametrize(
    "fn", [lambda: None, lambda more=1: None, lambda *rest: None, lambda **rest: None, [].clear]
)
def test_other_arguments_are_left_out(fn: Callable[..., Any]) -> None:
    """Optional ones have their defaults."""
    assert run(checks.function(fn), 2.5) == Finding()


class Looks:
    """An object that is called."""

    def __call__(self, timeout: float) -> bool:
        return timeout == 2.5


class LooksLater:
    """An object whose call is awaited."""

    async def __call__(self) -> bool:
        return True

    async def look(self) -> bool:
        return True


@pytest.mark.parametrize("fn", [Looks(), LooksLater(), LooksLater().look])
def test_objects_and_methods_are_called_too(fn: Callable[..., Any]) -> None:
    """As functions are."""
    assert run(checks.function(fn), 2.5) == Finding()


@WAYS
def test_only_a_coroutine_function_makes_one(way: Any) -> None:
    """The scheduler sees once whether a check wants a thread or an event loop."""
    check = checks.function(functools.partial(way(None)))
    assert inspect.iscoroutinefunction(check.run) == (way is asynchronous)
    assert kind_of_call(check.run) == ("coroutine" if way is asynchronous else "function")


def generates() -> Iterator[None]:
    """A generator function."""
    yield


async def generates_later() -> AsyncIterator[None]:
    """An async generator function."""
    yield


@pytest.mark.parametrize(
    ("fn", "message"),
    [
        (generates, "generates must be .* got one that makes a generator; return"),
        (generates_later, "got one that makes an async generator; return"),
        (Looks, "must be a function, got the class Looks; give"),
        (5, "must be a function, got a int; give"),
        (lambda host, port: None, "must take no arguments, .* wants host, port; bind"),
        (operator.not_, "wants a; bind"),
    ],
)
def test_what_cannot_be_a_check_is_refused(fn: Any, message: str) -> None:
    """At once, with what to do about it."""
    with pytest.raises(ConfigurationError, match=message):
        checks.function(fn)


def test_a_repr_shows_the_name_alone() -> None:
    """A partial's arguments may be secrets."""

    def ping(password: str) -> None: ...

    check = checks.function(functools.partial(ping, "secret123"))
    assert repr(check) == "function(ping)"


class Own:
    """A check of a user's own."""

    def run(self, timeout: float, /) -> Finding:
        return Finding("up", f"{timeout:g}")


def test_a_check_is_the_check_that_it_is() -> None:
    """Ours, or a user's own; also one that could be called."""
    for check in (Own(), checks.tcp("db", 5432), checks.function(lambda: None)):
        assert as_check(check) is check


def test_a_function_becomes_a_check() -> None:
    """Either kind."""
    assert run(as_check(sync(True))) == Finding()
    assert run(as_check(asynchronous(False))).level == "down"


class Runner:
    """What has a `run` that is no check's."""

    def run(self) -> None: ...


@pytest.mark.parametrize(
    "thing", [None, 5, "postgresql://me:secret123@db/shop", Own, Runner(), [Own()]]
)
def test_anything_else_is_no_check(thing: object) -> None:
    """It is not shown, as it may be an address with a password."""
    with pytest.raises(ConfigurationError, match="must be") as raised:
        as_check(thing)
    assert "secret123" not in str(raised.value)
