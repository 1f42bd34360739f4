"""What a type checker knows of measured operations, and what it must refuse.

Each `type: ignore` stands on a line that must not type-check: mypy reports one that is not needed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import assert_type

import ninefold as nf
from ninefold.sli import MeasuredOperation, Measurement, Operation
from ninefold.testing import ManualClock


async def a_decorated_function_keeps_its_type(service: nf.Service) -> None:
    """Arguments and result are known as before, of every kind of function."""
    operation = service.measure("job")
    assert_type(operation, Operation)

    @operation
    def work(order: int, *, quick: bool = False) -> str:
        return f"{order}{quick}"

    @operation
    async def async_work(order: int) -> str:
        return str(order)

    @operation
    def steps(order: int) -> Iterator[int]:
        yield order

    @service.measure("job", good=(KeyError, bool), ignore=lambda result: result is None)
    async def async_steps(order: int) -> AsyncIterator[int]:
        yield order

    assert_type(work(1, quick=True), str)
    assert_type(await async_work(1), str)
    assert_type(steps(1), Iterator[int])
    assert_type(async_steps(1), AsyncIterator[int])
    work("1")  # type: ignore[arg-type]
    work(1, True)  # type: ignore[call-arg,misc,unused-ignore]  # mypy's code for it has changed


class Shop:
    """Methods are bound with their types."""

    operation = nf.setup("typing").measure("shop")

    @operation
    def method(self, order: int) -> str:
        """Work."""
        return str(order)

    @classmethod
    @operation
    def made(cls, order: int) -> Shop:
        """Make one."""
        return cls()

    @operation
    @staticmethod
    def stands_alone(order: int) -> str:
        """Work."""
        return str(order)


def methods_are_bound(shop: Shop, callback: Callable[[int], str], service: nf.Service) -> None:
    """`self` and `cls` are taken care of."""
    assert_type(shop.method(1), str)
    assert_type(Shop.made(1), Shop)
    assert_type(shop.stands_alone(1), str)
    assert_type(service.measure("job")(callback), Callable[[int], str])


async def blocks(service: nf.Service) -> None:
    """A block gives its measurement, and swallows nothing."""
    with service.measure("job") as run:
        assert_type(run, Measurement)
        run.fail()
    async with service.measure("job", owner="search", runtime=ManualClock().runtime()) as run:
        run.ignore()
    assert_type(service.operations["job"], MeasuredOperation)


def misuse(service: nf.Service) -> None:
    """What makes no sense is refused before it runs."""
    service.measure("job")(3)  # type: ignore[type-var]
    service.measure("job", KeyError)  # type: ignore[call-arg,misc,unused-ignore]  # by keyword alone
    service.measure("job", good="KeyError")  # type: ignore[arg-type]
    service.measure("job", ignore=(KeyError, None))  # type: ignore[arg-type]
    service.operations["job"] = MeasuredOperation(name="job")  # type: ignore[index]
