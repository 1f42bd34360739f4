"""The time that a request says it has: opened where a setting allows it, and over with it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
from flask import Flask
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from tests.support.flaky import GUARDED, Guarded, flaky_server
from tests.support.net import LOOPBACK
from werkzeug.serving import make_server
from werkzeug.test import Client as WsgiClient

import ninefold as nf
from ninefold.resilience.deadline import HEADER


@pytest.fixture
def service(request: pytest.FixtureRequest) -> Iterator[nf.Service]:
    """A service that accepts deadlines, or as the test's parameter says."""
    service = nf.setup("shop", accept_deadline=getattr(request, "param", True))
    yield service
    service.shutdown()


class Seen:
    """What was left when the application looked."""

    def __init__(self) -> None:
        self.after: list[float | None] = []

    def look(self) -> None:
        """Look after the response."""
        self.after.append(nf.remaining())


def starlette(seen: Seen) -> Any:
    """Handlers of both kinds, a stream, and work after the response."""

    async def asynchronous(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(nf.remaining()), background=BackgroundTask(seen.look))

    def synchronous(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(nf.remaining()))

    async def stream(request: Request) -> StreamingResponse:
        async def parts() -> Any:
            for _ in range(3):
                await asyncio.sleep(0)
                yield f"{nf.remaining()}\n"

        return StreamingResponse(parts(), background=BackgroundTask(seen.look))

    return Starlette(
        routes=[
            Route("/", asynchronous),
            Route("/sync", synchronous),
            Route("/stream", stream),
        ]
    )


def flask(seen: Seen) -> Any:
    """A handler, and a stream."""
    app = Flask("shop")

    @app.get("/")
    @app.get("/sync", endpoint="sync")
    def plain() -> str:
        return str(nf.remaining())

    @app.get("/stream")
    def stream() -> Any:
        return (f"{nf.remaining()}\n" for _ in range(3))

    return app


def bare_asgi(seen: Seen) -> Any:
    """Everything is a stream, in a task of its own."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def answer() -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for left in range(2, -1, -1):
                body = f"{nf.remaining()}\n".encode()
                await send({"type": "http.response.body", "body": body, "more_body": left > 0})
            seen.look()

        await asyncio.create_task(answer())
        seen.look()

    return app


def bare_wsgi(seen: Seen) -> Any:
    """Everything is a stream."""

    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])
        return (f"{nf.remaining()}\n".encode() for _ in range(3))

    return app


APPS = (starlette, flask, bare_asgi, bare_wsgi)


@pytest.fixture(params=APPS, ids=lambda build: build.__name__)
def build(request: pytest.FixtureRequest) -> Callable[[Seen], Any]:
    """Each kind of application."""
    built: Callable[[Seen], Any] = request.param
    return built


def ask(app: Any, build: Any, path: str, *told: str) -> list[float | None]:
    """What was left whenever the application looked, by its answer."""
    if build in (flask, bare_wsgi):
        with WsgiClient(app).open(path, headers=[(HEADER, value) for value in told]) as response:
            text = response.get_data(as_text=True)
    else:
        headers = [(HEADER.encode(), value.encode("latin-1")) for value in told]
        text = TestClient(app).get(path, headers=headers).text  # type: ignore[arg-type]
    return [None if line == "None" else float(line) for line in text.split()]


@pytest.mark.parametrize("path", ["/", "/sync", "/stream"])
def test_a_request_has_the_time_it_tells(
    path: str, build: Callable[[Seen], Any], service: nf.Service
) -> None:
    """To the last part of a stream; work after the response has all the time there is."""
    seen = Seen()
    app = service.instrument(build(seen))
    for left in ask(app, build, path, "60000"):
        assert left is not None
        assert 0 < left <= 60
    assert seen.after == [None] * len(seen.after)
    assert nf.remaining() is None
    assert set(ask(app, build, path)) == {None}


@pytest.mark.parametrize("service", [False], indirect=True)
def test_unasked_nobody_listens(build: Callable[[Seen], Any], service: nf.Service) -> None:
    """As by default: the header of a stranger means nothing."""
    assert set(ask(service.instrument(build(Seen())), build, "/", "60000")) == {None}


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "0",
        "-1",
        "+5",
        "1e3",
        "1.5",
        "abc",
        "99999999999",
        "9" * 5000,
        "5,6",
        "\xb2",
        "5 6",
    ],
)
def test_nonsense_is_no_deadline(
    value: str, build: Callable[[Seen], Any], service: nf.Service
) -> None:
    """And no error."""
    assert set(ask(service.instrument(build(Seen())), build, "/", value)) == {None}


def test_a_deadline_is_bounded_and_lengthens_nothing(
    build: Callable[[Seen], Any], service: nf.Service
) -> None:
    """A day at most, and no more than there is around the application."""
    app = service.instrument(build(Seen()))
    (left, *_) = ask(app, build, "/", "9999999999")
    assert left is not None
    assert left <= 86_400
    with nf.deadline(5):
        (left, *_) = ask(app, build, "/", "60000")
    assert left is not None
    assert left <= 5


def test_of_two_headers_the_shorter_holds(service: nf.Service) -> None:
    """A proxy's beside a client's; what is nonsense beside it means nothing."""
    app = service.instrument(starlette(Seen()))
    (left,) = ask(app, starlette, "/", "60000", "soon", "2000")
    assert left is not None
    assert left <= 2


def test_an_excluded_path_has_no_deadline() -> None:
    """What is not measured is left alone."""
    service = nf.setup("shop", accept_deadline=True, exclude=["/sync"])
    try:
        for each in (starlette, flask):
            assert ask(service.instrument(each(Seen())), each, "/sync", "60000") == [None]
    finally:
        service.shutdown()


def test_a_task_that_outlives_its_request_has_no_deadline(service: nf.Service) -> None:
    """It keeps the request's context for life."""
    seen = Seen()
    tasks: list[asyncio.Task[None]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def later() -> None:
            await over.wait()
            seen.look()

        tasks.append(asyncio.create_task(later()))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    async def nothing() -> Any:
        raise AssertionError

    async def sent(message: Any) -> None:
        del message

    async def main() -> None:
        nonlocal over
        over = asyncio.Event()
        headers = [(HEADER.encode(), b"60000")]
        scope = {"type": "http", "method": "GET", "path": "/", "headers": headers}
        await service.instrument(app)({**scope, "http_version": "1.1"}, nothing, sent)
        over.set()
        await tasks[0]

    over: asyncio.Event
    asyncio.run(main())
    assert seen.after == [None]


@contextmanager
def served(app: Any, build: Any) -> Iterator[str]:
    """The application on loopback, in threads whose context knows nothing of the test's."""
    if build is flask:
        server = make_server(LOOPBACK, 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://{LOOPBACK}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
        return
    with socket.create_server((LOOPBACK, 0)) as listener:
        config = uvicorn.Config(app, log_config=None, lifespan="off", loop="asyncio")
        uvicorns = uvicorn.Server(config)
        thread = threading.Thread(target=uvicorns.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        finally:
            uvicorns.should_exit = True
            thread.join()


@pytest.fixture(params=GUARDED, ids=lambda kind: kind.__name__)
def client(request: pytest.FixtureRequest) -> Iterator[Guarded]:
    """Each client in turn."""
    made = request.param()
    yield made
    made.close()


@pytest.mark.parametrize("build", [starlette, flask], indirect=True)
def test_a_deadline_goes_over_the_wire(
    client: Guarded, build: Callable[[Seen], Any], service: nf.Service
) -> None:
    """What the caller has left is what the handler has, less the way."""
    app = service.instrument(build(Seen()))
    client.guard(service.dependency("shop", kind="http"), send_deadline=True)
    with served(app, build) as url:
        with nf.deadline(30):
            left = float(client.call(f"{url}/").text)
        assert client.call(f"{url}/").text == "None"
    assert 0 < left <= 30


@pytest.mark.parametrize("build", [starlette, flask], indirect=True)
def test_a_handlers_own_calls_end_in_time(
    build: Callable[[Seen], Any], service: nf.Service
) -> None:
    """A dependency that hangs costs a caller what it has left, not what the client would wait."""
    import httpx

    from ninefold.integrations.httpx import GuardedTransport

    app = build(Seen())
    psp = service.dependency("psp", kind="http")
    with (
        flaky_server("hang") as hanging,
        httpx.Client(transport=GuardedTransport(psp), timeout=60) as calling,
    ):

        def pay(*request: Any) -> Any:
            try:
                calling.get(hanging.url)
            except httpx.ReadTimeout:
                return PlainTextResponse("late") if request else "late"
            raise AssertionError

        if build is flask:
            app.get("/pay")(pay)
        else:
            app.router.routes.append(Route("/pay", pay))
        with served(service.instrument(app), build) as url:
            answer = httpx.get(f"{url}/pay", headers={HEADER: "300"}, timeout=20)
        hanging.release.set()
    assert answer.text == "late"
