"""What a type checker knows of guarded calls, and what it must refuse.

Each `type: ignore` stands on a line that must not type-check: mypy reports one that is not needed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_type

import ninefold as nf


async def a_guarded_function_keeps_its_type(psp: nf.Dependency, policy: nf.Policy) -> None:
    """Arguments and result are known as before, of `def` and `async def`, by every way to guard."""

    @psp.guard
    def charge(card: str, *, cents: int = 0) -> float:
        return len(card) + cents / 100

    @policy
    async def search(query: str) -> list[str]:
        return [query]

    @psp.guard(idempotent=False)
    async def refund(receipt: int) -> None:
        del receipt

    @nf.Retry(on=TimeoutError)
    def again(times: int) -> str:
        return str(times)

    assert_type(charge("visa", cents=3), float)
    assert_type(await search("pens"), list[str])
    assert_type(again(2), str)
    assert_type(policy.call(len, "pens"), int)
    assert_type(nf.Retry(on=nf.status(503)).call(again, 2), str)
    await refund(7)
    charge(3)  # type: ignore[arg-type]
    await search(query=3)  # type: ignore[arg-type]
    await refund("x")  # type: ignore[arg-type]
    again()  # type: ignore[call-arg]


class Shop:
    """Methods keep their types, `self` included."""

    def __init__(self, policy: nf.Policy) -> None:
        self.policy = policy

    @nf.Retry(on=(ConnectionError, nf.status(429)), attempts=2)
    def stock(self, item: int) -> int:
        """How many there are."""
        return item


def methods_are_bound(shop: Shop) -> None:
    """As plain ones are."""
    assert_type(shop.stock(3), int)
    shop.stock("pens")  # type: ignore[arg-type]


async def blocks_are_guarded(psp: nf.Dependency, policy: nf.Policy) -> None:
    """In both kinds of block."""
    async with psp.permit() as call:
        call.fail()
    with policy.permit() as one:
        one.fail()
    for attempt in nf.Retry(on=KeyError):
        with attempt:
            assert_type(attempt.number, int)
    async for each in nf.Retry(on=KeyError):
        with each:
            each.result(3)
    assert_type(nf.remaining(), float | None)


def what_is_meant_wrongly_is_refused(fallback: Callable[[], int]) -> None:
    """Misspelt parts, and options by position."""
    nf.Policy("search", fallback=fallback, deadline=1.0)
    nf.Policy("search", braker=nf.Breaker())  # type: ignore[call-arg]
    nf.Policy("search", retry=nf.Breaker())  # type: ignore[arg-type]
    nf.Retry(KeyError)  # type: ignore[call-arg]
    nf.Backoff(jitter="ful")  # type: ignore[arg-type]
    nf.status("503")  # type: ignore[arg-type]
