"""Applications that answer for health: on every framework, beside what they serve themselves."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import trio
from fastapi import FastAPI
from flask import Flask
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient
from tests.support.waiting import eventually
from tests.support.watching import Says, watching
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import EnvironBuilder, run_wsgi_app

import ninefold as nf
from ninefold.health import PATHS
from ninefold.registry import HTTP_SERVER_ACTIVE_REQUESTS, HTTP_SERVER_REQUEST_DURATION
from ninefold.service import current
from ninefold.testing import CapturedTelemetry

TOKEN = "a-token-of-the-test"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
LOCAL = "127.0.0.1"
UP = b'{"status":"UP"}'


@dataclass
class Answered:
    """What came back."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def document(self) -> dict[str, Any]:
        """The body as JSON."""
        told: dict[str, Any] = json.loads(self.body)
        return told


def ask_asgi(
    app: Any,
    path: str,
    *,
    method: str = "GET",
    query: str = "",
    headers: Mapping[str, str] | None = None,
    root: str = "",
    client: str | None = "192.0.2.7",
    run: Callable[..., object] = lambda main: asyncio.run(main()),
) -> Answered:
    """Ask an ASGI application as a server would that has it below `root`."""
    found = Answered()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": root + path,
        "raw_path": (root + path).encode(),
        "root_path": root,
        "query_string": query.encode("latin-1"),
        "headers": [
            (name.lower().encode(), value.encode("latin-1"))
            for name, value in (headers or {}).items()
        ],
        "client": None if client is None else (client, 40_000),
        "server": ("shop.example", 80),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            found.status = message["status"]
            found.headers = {
                name.decode().lower(): value.decode() for name, value in message["headers"]
            }
        else:
            found.body += message.get("body", b"")

    async def main() -> None:
        await app(scope, receive, send)

    run(main)
    return found


def ask_wsgi(
    app: Any,
    path: str,
    *,
    method: str = "GET",
    query: str = "",
    headers: Mapping[str, str] | None = None,
    root: str = "",
    client: str | None = "192.0.2.7",
) -> Answered:
    """Ask a WSGI application likewise."""
    environ = EnvironBuilder(
        path=path,
        method=method,
        query_string=query,
        headers=dict(headers or {}),
        base_url=f"http://shop.example{root}",
        environ_base={} if client is None else {"REMOTE_ADDR": client},
    ).get_environ()
    body, status, told = run_wsgi_app(app, environ, buffered=True)
    return Answered(int(status[:3]), {name.lower(): value for name, value in told}, b"".join(body))


@dataclass(frozen=True)
class Kind:
    """A framework: how an application of it is made, with routes of its own, and asked."""

    name: str
    make: Callable[..., Any]
    ask: Callable[..., Answered]
    tells_routes: bool = True


def fastapi(*paths: str) -> FastAPI:
    """An application that answers at these paths."""
    app = FastAPI()
    for path in paths:
        app.get(path)(lambda: PlainTextResponse("own"))
    return app


def starlette(*paths: str) -> Starlette:
    """Likewise."""
    return Starlette(routes=[Route(path, lambda _: PlainTextResponse("own")) for path in paths])


def flask(*paths: str) -> Flask:
    """Likewise."""
    app = Flask("shop", static_folder=None)
    for path in paths:
        app.get(path, endpoint=path)(lambda: "own")
    return app


def asgi(*paths: str) -> Any:
    """One that answers everything."""
    del paths

    async def app(scope: Any, receive: Any, send: Any) -> None:
        del receive
        assert scope["type"] == "http"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"own"})

    return app


def wsgi(*paths: str) -> Any:
    """Likewise."""
    del paths

    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        del environ
        start_response("200 OK", [])
        return [b"own"]

    return app


KINDS = [
    Kind("fastapi", fastapi, ask_asgi),
    Kind("starlette", starlette, ask_asgi),
    Kind("flask", flask, ask_wsgi),
    Kind("asgi", asgi, ask_asgi, tells_routes=False),
    Kind("wsgi", wsgi, ask_wsgi, tells_routes=False),
]


@pytest.fixture(params=KINDS, ids=[kind.name for kind in KINDS])
def kind(request: pytest.FixtureRequest) -> Kind:
    """Each framework."""
    found: Kind = request.param
    return found


SetUp = Callable[..., nf.Service]


@pytest.fixture(params=["measured", "disabled"])
def set_up(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[SetUp]:
    """Sets a service up, which measures or is told by OTEL_SDK_DISABLED that it must not."""
    for signal in ("TRACES", "METRICS", "LOGS"):
        monkeypatch.setenv(f"NINEFOLD_{signal}_EXPORTER", "none")
    monkeypatch.setenv("OTEL_SDK_DISABLED", str(request.param == "disabled").lower())

    def setting_up(**said: Any) -> nf.Service:
        return nf.setup("shop", **said)

    yield setting_up
    service = current()
    if service is not None:
        service.shutdown()


def test_it_answers_for_health_and_the_application_for_the_rest(kind: Kind, set_up: SetUp) -> None:
    """Each path, by GET and HEAD; the document is what the Health itself answers."""
    app = set_up().instrument(kind.make("/items"))
    assert kind.ask(app, "/items").body == b"own"
    for path in PATHS:
        answered = kind.ask(app, path)
        assert (answered.status, answered.body) == (200, UP), path
        assert answered.headers["content-type"] == "application/health+json"
        assert answered.headers["cache-control"] == "no-store"
        assert answered.headers["content-length"] == str(len(UP))
        head = kind.ask(app, path, method="HEAD")
        assert (head.status, head.body) == (200, b"")
        assert head.headers == answered.headers
        wrong = kind.ask(app, path, method="POST")
        assert (wrong.status, wrong.headers["allow"]) == (405, "GET, HEAD")
    assert kind.ask(app, "/items").body == b"own"
    assert kind.ask(app, "/livezzz").body != UP
    assert kind.ask(app, "/livez/").body != UP


def test_what_is_down_and_local_is_not_ready(kind: Kind, set_up: SetUp) -> None:
    """The code is what the orchestrator sees."""
    service = set_up()
    service.dependency("disk", kind="storage", scope="local", check=Says(False), fail_after=1)
    app = service.instrument(kind.make())
    assert kind.ask(app, "/readyz").status == 503
    service.start()
    eventually(lambda: service.dependencies["disk"].health.state == "down")
    answers = {path: kind.ask(app, path).status for path in PATHS}
    assert answers == {"/livez": 200, "/readyz": 503, "/startupz": 503, "/healthz": 200}
    service.health.drain()
    drained = kind.ask(app, "/readyz")
    assert (drained.status, drained.document) == (503, {"status": "DRAINING"})


def test_the_first_probe_of_an_orchestrator_begins_to_probe(kind: Kind, set_up: SetUp) -> None:
    """No request may ever come before it is ready."""
    service, check = set_up(), Says()
    service.dependency("db", kind="db", check=check)
    app = service.instrument(kind.make())
    assert check.calls == 0
    kind.ask(app, "/readyz")
    eventually(lambda: check.calls, wanted="a probe")
    eventually(lambda: kind.ask(app, "/readyz").status == 200, wanted="to be ready")


@pytest.mark.parametrize("root", ["/shop", "/shop/eu", "/healthz"])
def test_below_a_prefix_it_answers_there(kind: Kind, set_up: SetUp, root: str) -> None:
    """As a proxy or a server mounts it; and nowhere that only looks alike."""
    app = set_up().instrument(kind.make("/items"))
    assert kind.ask(app, "/items", root=root).body == b"own"
    for path in PATHS:
        assert kind.ask(app, path, root=root).body == UP
    assert kind.ask(app, "", root=root).body != UP
    assert kind.ask(app, "x/livez", root=root).body != UP


def test_a_route_of_its_own_stays_and_the_others_are_answered(
    kind: Kind, set_up: SetUp, caplog: pytest.LogCaptureFixture
) -> None:
    """An application that had `/healthz` before; whose routes nobody knows has ours alone."""
    app = set_up().instrument(kind.make("/healthz", "/items"))
    with caplog.at_level(logging.INFO, "ninefold"):
        for _ in range(2):
            assert kind.ask(app, "/healthz").body == (b"own" if kind.tells_routes else UP)
            for path in ("/livez", "/readyz", "/startupz"):
                assert kind.ask(app, path).body == UP, path


def test_a_route_of_its_own_is_told_once(
    kind: Kind, telemetry: CapturedTelemetry, caplog: pytest.LogCaptureFixture
) -> None:
    """And measured as any other."""
    app = telemetry.service.instrument(kind.make("/healthz"))
    with caplog.at_level(logging.INFO, "ninefold"):
        for _ in range(3):
            kind.ask(app, "/healthz")
    told = [each for each in caplog.messages if "has a route /healthz of its own" in each]
    assert len(told) == int(kind.tells_routes)
    assert telemetry.value(HTTP_SERVER_REQUEST_DURATION.name) == (3 if kind.tells_routes else 0)


def test_it_can_be_left_to_the_application(kind: Kind, set_up: SetUp) -> None:
    """`health=False`: every path is its own, and what it has not is not found."""
    app = set_up(health=False).instrument(kind.make("/healthz"))
    assert kind.ask(app, "/healthz").body == b"own"
    for path in ("/livez", "/readyz", "/startupz"):
        answered = kind.ask(app, path)
        if kind.tells_routes:
            assert answered.status == 404
        else:
            assert answered.body == b"own"


def test_what_is_excluded_is_answered_all_the_same(kind: Kind, set_up: SetUp) -> None:
    """`exclude` is about measuring, which probes never are."""
    app = set_up(exclude=["/*"]).instrument(kind.make("/items"))
    assert kind.ask(app, "/items").body == b"own"
    assert [kind.ask(app, path).body for path in PATHS] == [UP] * 4


def test_probes_are_neither_measured_nor_traced(kind: Kind, telemetry: CapturedTelemetry) -> None:
    """They are no requests of users; a request is, before and after."""
    app = telemetry.service.instrument(kind.make("/items"))
    for path in PATHS:
        for method in ("GET", "HEAD", "POST"):
            kind.ask(app, path, method=method)
    assert telemetry.points(HTTP_SERVER_REQUEST_DURATION.name) == ()
    assert telemetry.points(HTTP_SERVER_ACTIVE_REQUESTS.name) == ()
    assert telemetry.spans == ()
    kind.ask(app, "/items")
    assert telemetry.value(HTTP_SERVER_REQUEST_DURATION.name) == 1
    assert len(telemetry.spans) == 1


def test_twice_instrumented_answers_once(kind: Kind, set_up: SetUp) -> None:
    """A second time changes nothing."""
    service = set_up()
    app = service.instrument(kind.make("/items"))
    assert service.instrument(app) is app
    assert kind.ask(app, "/readyz").body == UP
    assert kind.ask(app, "/items").body == b"own"


def test_the_next_service_answers_for_what_the_last_has_instrumented(
    kind: Kind, set_up: SetUp
) -> None:
    """As where tests set up again and again: the old one knows nothing any more."""
    first = set_up()
    app = first.instrument(kind.make("/items"))
    kind.ask(app, "/readyz")
    first.shutdown()
    second = set_up(version="2")
    app = second.instrument(app)
    second.health.drain()
    assert kind.ask(app, "/readyz").document == {"status": "DRAINING"}


@pytest.mark.parametrize("kind", KINDS[:3], ids=lambda kind: kind.name)
def test_disabled_it_touches_nothing_else(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    """The application is what it was but for one thing in front of it."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    service = nf.setup("shop")
    try:
        app = kind.make("/items")
        was, kept = type(app), {*vars(app)} - {"wsgi_app"}
        assert service.instrument(app) is app
        assert type(app) is was
        new = {*vars(app)} - kept
        assert new <= {"wsgi_app", "build_middleware_stack", "_ninefold_health"}
        assert kind.ask(app, "/readyz").body == UP
    finally:
        service.shutdown()


# Who sees what, by what servers tell


@pytest.mark.parametrize(
    ("client", "headers", "sees"),
    [
        ("127.0.0.1", {}, True),
        ("127.8.8.8", {}, True),
        ("::1", {}, True),
        ("::ffff:127.0.0.1", {}, True),
        ("10.0.0.7", {}, False),
        ("::ffff:10.0.0.7", {}, False),
        (None, {}, False),
        ("localhost", {}, False),
        ("", {}, False),
        ("127.0.0.1", {"X-Forwarded-For": "10.0.0.7"}, False),
        ("127.0.0.1", {"X-Forwarded-For": ""}, False),
        ("127.0.0.1", {"Forwarded": "for=10.0.0.7"}, False),
        ("127.0.0.1", {"X-Real-IP": "10.0.0.7"}, False),
        ("127.0.0.6", {"X-Forwarded-Proto": "http"}, False),
        ("127.0.0.1", {"X-Forwarded-Host": "shop.example"}, False),
        ("127.0.0.1", {"Via": "1.1 varnish"}, False),
        ("10.0.0.7", {"X-Forwarded-For": "127.0.0.1"}, False),
    ],
)
def test_in_development_this_machine_sees_details(
    kind: Kind,
    set_up: SetUp,
    client: str | None,
    headers: dict[str, str],
    sees: bool,
) -> None:
    """Whoever asks for another does not, though it is a proxy of this machine."""
    app = set_up(environment="development").instrument(kind.make())
    document = kind.ask(app, "/healthz", client=client, headers=headers).document
    assert ("summary" in document) == sees
    assert (len(document) > 1) == sees


@pytest.mark.parametrize(
    ("headers", "sees"),
    [
        (BEARER, True),
        ({}, False),
        ({"Authorization": "Bearer wrong-one"}, False),
        ({"Authorization": "Bearer \xff\x80"}, False),
        ({"Authorization": "x" * 10_000}, False),
    ],
)
def test_the_token_shows_details(
    kind: Kind, set_up: SetUp, headers: dict[str, str], sees: bool
) -> None:
    """From anywhere; without it nobody sees them, from here neither."""
    app = set_up(admin_token=TOKEN).instrument(kind.make())
    for query in ("", "verbose", "verbose=1&x=\xff"):
        answered = kind.ask(app, "/healthz", query=query, headers=headers, client=LOCAL)
        assert ("summary" in answered.document) == sees
    document = kind.ask(app, "/readyz", query="verbose", headers=headers).document
    assert ("summary" in document) == sees


def test_the_query_and_the_depth_are_passed_on(kind: Kind, set_up: SetUp) -> None:
    """`?strict` is heard, and that it is one of us who asks."""
    service = set_up(admin_token=TOKEN, start_deadline=0.01)
    found = nf.checks.Finding("down", cause="ledger-db")
    service.dependency("ledger", kind="http", check=Says(found), fail_after=1)
    app = service.instrument(kind.make())
    service.start()
    eventually(lambda: service.health.overall().status == "DOWN", wanted="its deadline")
    assert kind.ask(app, "/healthz").status == 200
    assert kind.ask(app, "/healthz", query="strict").status == 503
    told = kind.ask(app, "/healthz", headers=BEARER)
    assert told.document["rootCause"]["name"] == "ledger > ledger-db"
    told = kind.ask(app, "/healthz", headers={**BEARER, "X-Ninefold-Depth": "1"})
    assert told.document["rootCause"]["name"] == "ledger"


# Other event loops


@pytest.mark.parametrize("kind", [each for each in KINDS if each.ask is ask_asgi])
def test_under_trio_it_answers_as_well(kind: Kind, set_up: SetUp) -> None:
    """Nothing of it needs asyncio; nor does a coroutine that is a check, which has a loop."""

    async def check() -> None:
        await asyncio.sleep(0)

    service = set_up()
    service.dependency("db", kind="db", check=check)
    app = service.instrument(kind.make("/items"))
    assert kind.ask(app, "/livez", run=trio.run).body == UP
    assert kind.ask(app, "/items", run=trio.run).body == b"own"
    eventually(lambda: kind.ask(app, "/readyz", run=trio.run).status == 200, wanted="its check")


# A Health by itself


def test_it_is_mounted_in_fastapi() -> None:
    """Below its prefix, and nothing else is there."""
    with watching() as made:
        app = fastapi("/items")
        app.mount("/internal", made.health.asgi())
        assert ask_asgi(app, "/internal/readyz").body == UP
        assert ask_asgi(app, "/internal/readyz", root="/shop").body == UP
        assert ask_asgi(app, "/internal/other").status == 404
        assert ask_asgi(app, "/internal/readyz", method="POST").status == 405
        assert ask_asgi(app, "/readyz").status == 404
        assert ask_asgi(app, "/items").body == b"own"
        assert ask_asgi(app, "/internal/readyz", run=trio.run).body == UP


def test_it_is_mounted_beside_a_flask_application() -> None:
    """As werkzeug mounts one WSGI application beside another."""
    with watching() as made:
        app = DispatcherMiddleware(flask("/items").wsgi_app, {"/internal": made.health.wsgi()})
        assert ask_wsgi(app, "/internal/readyz").body == UP
        assert ask_wsgi(app, "/internal/other").status == 404
        assert ask_wsgi(app, "/readyz").status == 404
        assert ask_wsgi(app, "/items").body == b"own"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_it_stands_in_front_of_an_application(kind: Kind) -> None:
    """What is none of its paths goes on, unchanged."""
    with watching() as made:
        app = kind.make("/items")
        if isinstance(app, Flask):
            app.wsgi_app = made.health.wsgi(app.wsgi_app)  # type: ignore[assignment, method-assign]  # as the docstring says
        elif kind.ask is ask_wsgi:
            app = made.health.wsgi(app)
        else:
            app = made.health.asgi(app)
        for root in ("", "/shop"):
            assert [kind.ask(app, path, root=root).body for path in PATHS] == [UP] * 4
            assert kind.ask(app, "/items", root=root).body == b"own"


def test_in_front_of_an_application_its_lifespan_goes_on() -> None:
    """Start-up and shutdown are the application's own."""
    told: list[str] = []

    async def lifespan(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "lifespan"
        for _ in range(2):
            message = await receive()
            told.append(message["type"])
            await send({"type": f"{message['type']}.complete"})

    with watching() as made, TestClient(made.health.asgi(lifespan)):
        assert told == ["lifespan.startup"]
    assert told == ["lifespan.startup", "lifespan.shutdown"]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_by_itself_it_can_be_served(backend: Any) -> None:
    """A lifespan is confirmed, and everything else is not found."""
    with watching() as made, TestClient(made.health.asgi(), backend=backend) as client:
        assert client.get("/livez").json() == {"status": "UP"}
        assert client.get("/other").status_code == 404
        assert client.head("/readyz").status_code == 200


def test_a_websocket_goes_on_to_the_application() -> None:
    """It is none of ours, even at a path of ours."""
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        del receive, send
        seen.append(scope["path"])

    async def main(served: Any) -> None:
        await served({"type": "websocket", "path": "/livez", "headers": []}, None, None)

    with watching() as made:
        asyncio.run(main(made.health.asgi(app)))
    assert seen == ["/livez"]


def test_an_application_within_has_its_own_answer(telemetry: CapturedTelemetry) -> None:
    """Mounted below another, both instrumented: each answers at its own place."""
    service = telemetry.service
    inner = service.instrument(starlette("/items"))
    outer = service.instrument(Starlette(routes=[Mount("/inner", inner)]))
    assert ask_asgi(outer, "/readyz").body == UP
    assert ask_asgi(outer, "/inner/items").body == b"own"
