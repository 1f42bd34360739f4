"""Customers: real requests to both services, in a mix of routes, counted as they are sent."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import httpx

_MOST_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Visit:
    """One request to one service."""

    service: str
    method: str
    path: str
    body: Mapping[str, int] | None = None


def customers(chance: random.Random) -> Visit:
    """What the next customer does: most look, some buy, few go astray."""
    wanted = chance.randint(1, 40)
    visits = (
        Visit("checkout", "GET", f"/cart/{chance.randint(1, 510)}"),
        Visit("checkout", "GET", f"/items/{wanted}"),
        Visit("checkout", "POST", "/checkout", {"item": wanted}),
        Visit("checkout", "GET", "/favicon.ico"),
        Visit("inventory", "GET", f"/items/{wanted}"),
        Visit("inventory", "GET", "/items/999"),
    )
    return chance.choices(visits, weights=(28, 25, 24, 2, 20, 1))[0]


@dataclass(slots=True)
class Traffic:
    """Sends `rate` requests per second to `addresses`, until it is told to stop.

    `sent` counts by service each request that was begun, `unanswered` those without any answer.
    """

    addresses: Mapping[str, str]
    rate: float
    choose: Callable[[random.Random], Visit] = customers
    chance: random.Random = field(default_factory=lambda: random.Random(9))
    sent: Counter[str] = field(default_factory=Counter[str])
    unanswered: Counter[str] = field(default_factory=Counter[str])

    async def run(self, client: httpx.AsyncClient, stop: asyncio.Event) -> None:
        """Send until `stop`, then wait for the answers that are still to come.

        Each request leaves when it is due, not when the one before was answered: a slow service
        gets no less of them. Above 100 at once they wait.
        """
        clock = asyncio.get_running_loop().time
        due = clock()
        room = asyncio.Semaphore(_MOST_AT_ONCE)
        async with asyncio.TaskGroup() as pending:
            while not stop.is_set():
                await room.acquire()
                pending.create_task(self._send(client, self.choose(self.chance), room))
                # What a stall has kept from being sent is not made up for in one burst.
                due = max(due + 1 / self.rate, clock() - 0.5)
                await until(stop, due - clock())

    async def _send(self, client: httpx.AsyncClient, visit: Visit, room: asyncio.Semaphore) -> None:
        self.sent[visit.service] += 1
        try:
            await client.request(
                visit.method, self.addresses[visit.service] + visit.path, json=visit.body
            )
        except httpx.HTTPError:
            self.unanswered[visit.service] += 1
        finally:
            room.release()


async def until(stop: asyncio.Event, seconds: float) -> None:
    """Wait `seconds`, or until `stop` is set if that is sooner."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), max(seconds, 0))
