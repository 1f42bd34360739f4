"""Watch: scrapes the services' `/metrics`, and remembers enough of it to tell rates.

It asks for their health as well, as a load balancer and a person would.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

import httpx

from ninefold.demo._condition import IN_FULL, READYZ, Condition
from ninefold.demo._exposition import ACCEPT, Reading, read
from ninefold.demo._table import Section, section
from ninefold.errors import NinefoldError

METRICS: Final = "/metrics"
_RATE_OVER: Final = 5.0


class Watch:
    """What each service in `addresses` has said, the last seconds of it."""

    def __init__(
        self,
        addresses: Mapping[str, str],
        client: httpx.AsyncClient,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._addresses = addresses
        self._client = client
        self._clock = clock
        self._seen: dict[str, deque[tuple[float, Reading]]] = {name: deque() for name in addresses}
        self._conditions: dict[str, Condition | None] = {}

    async def look(self) -> None:
        """Scrape all services, and ask for their health.

        Raises `NinefoldError` where one does not answer with metrics.
        """
        for name, address in self._addresses.items():
            seen = self._seen[name]
            seen.append((self._clock(), await self._scrape(name, address + METRICS)))
            while len(seen) > 2 and seen[-1][0] - seen[1][0] >= _RATE_OVER:
                seen.popleft()
            self._conditions[name] = await self.ask(name)

    async def ask(self, name: str) -> Condition | None:
        """How a service is now; None where it does not say."""
        address = self._addresses[name]
        try:
            ready = await self._client.get(address + READYZ)
            told = await self._client.get(address + IN_FULL)
        except httpx.HTTPError:
            return None
        return Condition.read(ready.status_code, told.status_code, told.text)

    def condition(self, name: str) -> Condition | None:
        """How a service was when it was looked at last."""
        return self._conditions.get(name)

    def latest(self, name: str) -> Reading:
        """The last scrape of a service."""
        return self._seen[name][-1][1]

    def section(self, name: str) -> Section:
        """What is to be shown of a service."""
        seen = self._seen[name]
        (then, before), (now, latest) = seen[0], seen[-1]
        return section(latest, None if before is latest else before, now - then)

    async def _scrape(self, name: str, url: str) -> Reading:
        try:
            answer = await self._client.get(url, headers={"Accept": ACCEPT})
        except httpx.HTTPError as error:
            raise NinefoldError(f"{name} does not answer {url}: {error!r}") from error
        if answer.status_code != 200:
            raise NinefoldError(
                f"{name} has no metrics at {url} (status {answer.status_code}); unset"
                " OTEL_SDK_DISABLED and NINEFOLD_DISABLED, with which nothing is measured"
            )
        return read(answer.text, answer.headers.get("Content-Type", ""))
