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
        self.started = asyncio.Event()

    def say(self, kind: str) -> None:
        """Send an event to the application."""
        self._says.put_nowait({"type": kind})

    async def receive(self) -> Message:
        """What the application is told next."""
        return await self._says.get()

    async def send(self, message: Message) -> None:
        """Hear the application."""
        self.heard.append(message["type"])
        self.started.set()


async def idle(scope: Message, receive: Any, send: Any) -> None:
    """An application that starts and ends, and does nothing else."""
    for _ in range(2):
        message = await receive()
        await send({"type": f"{message['type']}.complete"})


def _wait_a_little(event: threading.Event) -> None:
    event.wait(0.2)


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
        await asyncio.to_thread(asked.wait, 10)
        server.say("lifespan.shutdown")
        await serving
        assert ran
        assert ran[0] is asyncio.get_running_loop()

    service.dependency("cache", kind="cache", check=check)
    # While the server's loop is still beginning, any other one has time to be taken.
    service.telemetry.pipeline.when_built(lambda _: _wait_a_little(asked))
    app = service.instrument(idle)
    asyncio.run(serve())


def test_a_consumer_that_starts_its_service_has_its_checks_on_its_own_event_loop(
    service: nf.Service,
) -> None:
    """`service.start()` tells the loop, where no server does: a consumer's clients are its own."""
    ran: list[asyncio.AbstractEventLoop] = []
    asked = threading.Event()

    async def check() -> None:
        ran.append(asyncio.get_running_loop())
        asked.set()

    async def consume() -> None:
        service.dependency("cache", kind="cache", check=check)
        service.start()
        await asyncio.to_thread(asked.wait, 10)
        assert ran
        assert ran[0] is asyncio.get_running_loop()
        # What a consumer does there may take long, and is no server's blocked loop.
        assert service.event_loops.running() is None

    asyncio.run(consume())


async def wrong(scope: Message, receive: Any, send: Any) -> None:
    """An application that knows no lifespan."""
    raise KeyError(scope["path"])


def told(service: nf.Service, path: str) -> int:
    """What the admin port would answer."""
    answer = service.health.answer(path)
    assert answer is not None
    return answer.status


def test_a_service_is_not_ready_before_its_application_is(service: nf.Service) -> None:
    """While the lifespan's start-up lasts nothing listens: the admin port must not say ready."""

    async def serve() -> None:
        server = Lifespan()
        serving = asyncio.create_task(app({"type": "lifespan"}, server.receive, server.send))
        await asyncio.sleep(0)
        assert (told(service, "/startupz"), told(service, "/readyz")) == (503, 503)
        assert service.health.overall().reason == "the application is starting"
        assert told(service, "/livez") == 200
        server.say("lifespan.startup")
        await server.started.wait()
        assert (told(service, "/startupz"), told(service, "/readyz")) == (200, 200)
        server.say("lifespan.shutdown")
        await serving
        assert server.heard == ["lifespan.startup.complete", "lifespan.shutdown.complete"]

    app = service.instrument(idle)
    asyncio.run(serve())


def test_an_application_without_a_lifespan_holds_nothing_back(service: nf.Service) -> None:
    """Servers go on where an application raises at the lifespan, and so does readiness."""

    async def serve() -> None:
        server = Lifespan()
        with pytest.raises(KeyError):
            await app({"type": "lifespan"}, server.receive, server.send)
        assert told(service, "/readyz") == 200

    app = service.instrument(wrong)
    asyncio.run(serve())


def test_an_application_that_could_not_start_is_never_ready(service: nf.Service) -> None:
    """Its server is about to end, and listens to nobody."""

    async def fails(scope: Message, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed"})

    async def serve() -> None:
        server = Lifespan()
        server.say("lifespan.startup")
        await app({"type": "lifespan"}, server.receive, server.send)
        assert told(service, "/readyz") == 503

    app = service.instrument(fails)
    asyncio.run(serve())


def test_a_further_lifespan_takes_no_readiness(service: nf.Service) -> None:
    """A service that serves is not held back by another application that begins beside it."""

    async def serve() -> None:
        first, second = Lifespan(), Lifespan()
        tasks = [asyncio.create_task(app({"type": "lifespan"}, first.receive, first.send))]
        first.say("lifespan.startup")
        await first.started.wait()
        tasks.append(asyncio.create_task(app({"type": "lifespan"}, second.receive, second.send)))
        await asyncio.sleep(0)
        assert told(service, "/readyz") == 200
        for server in (second, first):
            server.say("lifespan.startup")
            server.say("lifespan.shutdown")
        await asyncio.gather(*tasks)

    app = service.instrument(idle)
    asyncio.run(serve())


def test_a_health_that_stands_alone_has_its_checks_on_the_loop_that_asks_it() -> None:
    """Without a service, too, an asynchronous client is used on the application's loop alone."""
    ran: list[asyncio.AbstractEventLoop] = []
    asked = threading.Event()

    async def check() -> None:
        ran.append(asyncio.get_running_loop())
        asked.set()

    async def ask() -> None:
        scope = {"type": "http", "method": "GET", "path": "/readyz", "headers": []}
        await health.asgi()(scope, server.receive, server.send)
        await asyncio.to_thread(asked.wait, 10)
        assert ran
        assert ran[0] is asyncio.get_running_loop()

    health, server = nf.Health("shop"), Lifespan()
    health.add("cache", check)
    asyncio.run(ask())
    health.stop()
