"""When health begins: with the server, on its event loop, and not ready before the application."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import ninefold as nf

Message = dict[str, Any]


class Lifespan:
    """A server's half of a lifespan: what it says, and what it hears."""

    def __init__(self) -> None:
        self._says: asyncio.Queue[Message] = asyncio.Queue()
        self.heard: list[str] = []

    def say(self, kind: str) -> None:
        """Send an event to the application."""
        self._says.put_nowait({"type": kind})

    async def receive(self) -> Message:
        """What the application is told next."""
        return await self._says.get()

    async def send(self, message: Message) -> None:
        """Hear the application."""
        self.heard.append(message["type"])


async def idle(scope: Message, receive: Any, send: Any) -> None:
    """An application that starts and ends, and does nothing else."""
    for _ in range(2):
        message = await receive()
        await send({"type": f"{message['type']}.complete"})


@pytest.fixture(params=["measured", "disabled"])
def service(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A service, which measures or is told by OTEL_SDK_DISABLED that it must not."""
    if request.param == "disabled":
        monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    made = nf.setup("shop")
    yield made
    made.shutdown()


def test_the_first_probe_is_on_the_servers_event_loop(service: nf.Service) -> None:
    """A coroutine runs on the application's loop from the first probe on: its client's loop."""
    ran: list[asyncio.AbstractEventLoop] = []
    asked = threading.Event()

    async def check() -> None:
        ran.append(asyncio.get_running_loop())
        asked.set()

    async def serve() -> None:
        server = Lifespan()
        serving = asyncio.create_task(app({"type": "lifespan"}, server.receive, server.send))
        server.say("lifespan.startup")
        while not ran:
            await asyncio.sleep(0.01)
        server.say("lifespan.shutdown")
        await serving
        assert ran[0] is asyncio.get_running_loop()

    service.dependency("cache", kind="cache", check=check)
    # While the server's loop is still beginning, any other one has time to be taken.
    service.telemetry.pipeline.when_built(lambda _: None if asked.wait(0.2) else None)
    app = service.instrument(idle)
    asyncio.run(serve())


def test_a_consumer_that_starts_its_service_has_its_checks_on_its_own_event_loop(
    service: nf.Service,
) -> None:
    """`service.start()` tells the loop, where no server does: a consumer's clients are its own."""
    ran: list[asyncio.AbstractEventLoop] = []

    async def check() -> None:
        ran.append(asyncio.get_running_loop())

    async def consume() -> None:
        service.dependency("cache", kind="cache", check=check)
        service.start()
        while not ran:
            await asyncio.sleep(0.01)
        assert ran[0] is asyncio.get_running_loop()

    asyncio.run(consume())
