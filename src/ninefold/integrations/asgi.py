"""ASGI: measures what the wrapped application serves, around everything else.

Websockets pass through unchanged; lifespan too, but for a flush before its shutdown is confirmed.

Over 300 lines by a few: an exchange's messages are read beside the middleware that passes them on.
"""

from __future__ import annotations

import sys

# Where none runs, as under trio, its public sibling raises: too dear for every request.
from asyncio import _get_running_loop  # pyright: ignore[reportPrivateUsage]
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from opentelemetry.util.types import AttributeValue

from ninefold.health import HealthAsgi, answer_asgi, live, send_answer
from ninefold.integrations._gunicorn import start_with_workers
from ninefold.integrations._http_server import (
    Exchange,
    HttpServer,
    address_attributes,
    client_address,
)
from ninefold.integrations._recorded import cut
from ninefold.integrations._uvicorn import before_its_end
from ninefold.resilience.deadline import HEADER, leave
from ninefold.sli.http import OTHER

if TYPE_CHECKING:
    from ninefold.integrations._protocol import Host

T = TypeVar("T")
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

KEY: Final = "ninefold.exchange"
"""Where the scope carries the exchange; a copy of the scope carries the same one."""

_DEADLINE: Final = HEADER.encode("ascii")

MARK: Final = "_ninefold"
"""The attribute of what is instrumented already: an application, a route that reports itself."""


class AsgiExchange(Exchange):
    """An exchange over ASGI: its `receive` and `send` are what the application is given."""

    _scope: Scope | None = None
    _trailers = False
    _closing = False
    _over = False

    def __init__(self, server: HttpServer, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        if server.objectives.active:
            headers = scope.get("headers", ())
            try:
                # Most clients of a service send the same headers in the same order.
                name, agent = headers[server.agent_at]
                if name != b"user-agent":
                    agent = _user_agent(headers, server)
            except (IndexError, TypeError):
                agent = _user_agent(headers, server)
            known = server.agents.get(agent)
            if server.synthetic(agent) if known is None else known:
                self.synthetic = True
                self.plain = False
        # Last: it counts the request as under way, and what fails before it must not.
        Exchange.__init__(
            self, server, scope["method"], scope.get("scheme", "http"), scope["http_version"]
        )

    async def receive(self) -> Message:
        """Receive for the application, noticing that the client left."""
        message = await self._receive()
        if message["type"] == "http.disconnect":
            if self._closing:
                self._over = True
            else:
                self.gone = True
        return message

    async def send(self, message: Message) -> None:
        """Send for the application, noticing the status and the end of the body."""
        kind = message["type"]
        last = False
        if kind == "http.response.start":
            self._trailers = message.get("trailers", False)
        elif kind == "http.response.body" or kind == "http.response.zerocopysend":
            last = not message.get("more_body", False) and not self._trailers
            if (not last or self.parts) and (message.get("body") or "file" in message):
                # Counted when it is handed over: the send may be stopped once that is done. A last
                # message with nothing in it, which ends a stream, is no part.
                self.part()
        else:
            last = kind == "http.response.pathsend" or (
                kind == "http.response.trailers" and not message.get("more_trailers", False)
            )
        if last:
            self._closing = True
        try:
            await self._send(message)
        except OSError:
            # ASGI 2.4: a server that cannot deliver raises OSError. Nothing else means that.
            self.gone = True
            raise
        except BaseException:
            # A server may tell of the end while it still has the last message in hand, upon which
            # a streaming response stops waiting for that: nothing was lost.
            if last and self._over and not self.done:
                self.settle_route()
                self.finish(True)
            raise
        if kind == "http.response.start":
            self.status = message["status"]
        elif last and not self.done:
            self.settle_route()
            self.finish(True)

    def settle_route(self) -> None:
        """Take the route from the scope where no tap reported it, and let go of the scope."""
        scope, self._scope = self._scope, None
        if self.route is None and scope is not None:
            try:
                route = scope.get("route")
                path = getattr(route, "path", None)
                # A route that carries our mark has reported, or is a mount where nothing matched.
                if isinstance(path, str) and path and not hasattr(route, MARK):
                    self.route = self.prefix + path
            except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
                self.server.internal_error(error)

    @property
    def sampled_path(self) -> str | None:
        """The path below the server's root path, for sampling rules."""
        scope = self._scope
        if scope is None:
            return None
        path: str = scope["path"]
        root: str = scope.get("root_path") or ""
        inside = path.removeprefix(root)
        return inside if inside[:1] in ("", "/") else path

    def span_attributes(self) -> dict[str, AttributeValue]:
        """What a span of this request starts with."""
        scope = self._scope
        if scope is None:
            return {}
        attributes: dict[str, AttributeValue] = {
            "http.request.method": self.method,
            "url.scheme": self.scheme,
            "url.path": cut(scope["path"]),
        }
        if self.method == OTHER:
            attributes["http.request.method_original"] = cut(scope["method"])
        if self.version is not None:
            attributes["network.protocol.version"] = self.version
        for name, value in scope.get("headers", ()):
            if name == b"host":
                attributes.update(address_attributes(value.decode("latin-1")))
                break
        client = scope.get("client")
        if client:
            attributes.update(client_address(client[0]))
        recorded = self.server.recorded
        if recorded is not None:
            headers, query = scope.get("headers", ()), scope.get("query_string", b"")
            attributes.update(recorded.of_headers(headers, query.decode("latin-1")))
        return attributes


def _user_agent(headers: Iterable[tuple[bytes, bytes]], server: HttpServer) -> bytes | None:
    """The User-Agent, if there is one; and note where it was found."""
    for place, (name, value) in enumerate(headers):
        if name == b"user-agent":
            server.agent_at = place
            return value
    return None


class AsgiMiddleware:
    """Wraps an ASGI application; of several around each other the outermost one measures."""

    def __init__(
        self, app: App, server: HttpServer, look: Callable[[], None] | None = None
    ) -> None:
        self.app = app
        self.server = server
        self._look = look

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        kind = scope["type"]
        if kind != "http":
            if kind == "lifespan":
                await self._lifespan(scope, receive, send)
            else:
                await self.app(scope, receive, send)
            return
        server = self.server
        if KEY in scope:
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        root = scope.get("root_path")
        if root and path.startswith(root) and path[len(root) : len(root) + 1] in ("", "/"):
            # The server's own prefix is in the path (ASGI, "root_path"): ours are told below it.
            path = path[len(root) :]
        if path in server.endpoints and server.answers(path):
            if path != server.metrics_path:
                await self._health(path, scope, send)
                return
            if scope["method"] in ("GET", "HEAD"):
                await self._metrics(scope, send)
                return
        excluded = server.excluded
        if excluded is not None and excluded(path) is not None:
            if server.pipeline.built is None:
                # A probe may be all that comes for a long time, and what is exported by then is not
                # only requests.
                self._wake()
            # The mark keeps an inner middleware of ours from measuring what is excluded here.
            scope[KEY] = None
            with server.tracing.carrying(lambda _: scope.get("headers", ())):
                await self.app(scope, receive, send)
            return
        loops = server.loops
        try:
            if server.pipeline.built is None or (
                loops is not None and _get_running_loop() not in loops.watched
            ):
                self._wake()
            if self._look is not None:
                self._look()
            scope[KEY] = exchange = AsgiExchange(server, scope, receive, send)
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            server.internal_error(error)
            await self.app(scope, receive, send)
            return
        trace = server.tracing.begin(scope.get("headers", ()), exchange)
        if trace is not None:
            exchange.trace = trace
            try:
                trace.attach()
            except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
                server.internal_error(error)
        app = self._timed if server.accepts_deadline else self.app
        try:
            await app(scope, exchange.receive, exchange.send)
        except BaseException as error:
            exchange.settle_route()
            exchange.left(error)
            raise
        if trace is not None or not exchange.done:
            exchange.settle_route()
            exchange.left(None)

    async def _timed(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request in the time that its header tells."""
        headers = scope.get("headers", ())
        # Looked at only as far as a number can be long.
        told = [value[:16].decode("latin-1") for name, value in headers if name == _DEADLINE]
        opened = scope[KEY].open_deadline(told) if told else None
        try:
            await self.app(scope, receive, send)
        finally:
            if opened is not None:
                # Again, in the task that it began in: the response may have ended in another.
                leave(opened)

    def _wake(self) -> None:
        try:
            self.server.wake()
            before_its_end(self._flush)
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            self.server.internal_error(error)

    async def _flush(self) -> None:
        try:
            await _in_thread(self.server.host.telemetry.last_flush)
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            self.server.internal_error(error)

    async def _metrics(self, scope: Scope, send: Send) -> None:
        accept = b",".join(value for name, value in scope.get("headers", ()) if name == b"accept")
        # Collecting takes locks and time in proportion to the series: not on the event loop.
        status, body, content_type = await _in_thread(
            partial(self.server.scrape, accept.decode("latin-1"))
        )
        headers = [
            (b"content-type", content_type.encode("latin-1")),
            (b"content-length", str(len(body)).encode("ascii")),
        ]
        await send({"type": "http.response.start", "status": int(status[:3]), "headers": headers})
        if scope["method"] == "HEAD":
            body = b""
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async def _health(self, path: str, scope: Scope, send: Send) -> None:
        server = self.server
        if server.pipeline.built is None or server.loops is not None:
            # Probes may be all that comes for a long time.
            self._wake()
        answer = answer_asgi(server.host.health, path, scope)
        assert answer is not None  # the path is one of those it answers
        await send_answer(answer, send)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wake at start-up, and flush before the application's own shutdown is confirmed.

        The server listens once the application has started: until then the service has not. One
        that ends by a signal ends right after that answer: nothing else of ours would run.
        """

        async def flushing(message: Message) -> None:
            if message["type"] in ("lifespan.shutdown.complete", "lifespan.shutdown.failed"):
                await self._flush()
            await send(message)

        def begin() -> None:
            self._wake()
            try:
                self.server.host.warn_of_unknown()
                self.server.host.telemetry.begin()
            except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
                self.server.internal_error(error)
            # The requests of this application come on the loop that started it.
            self.server.loops = None

        await live(self.server.host.health, self.app, scope, receive, flushing, begin=begin)


async def _in_thread(work: Callable[[], T]) -> T:
    """Do blocking work off the event loop, whichever runs: asyncio's or trio's."""
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        # Who runs is loaded. Under a loop that nobody knows the work is short enough to be done.
        trio: Any = sys.modules.get("trio")
        if trio is None:
            return work()
        done: T = await trio.to_thread.run_sync(work)
        return done
    return await asyncio.to_thread(work)


def serve_health(app: App, host: Host) -> App:
    """`app` behind what answers for health, and does nothing else; a second time as it is."""
    if isinstance(app, HealthAsgi) and app.front.is_a_services:
        app.front.serve(host.health, serves=host.serves, begin=partial(_begin, host))
        return app
    start_with_workers(host.start)
    return HealthAsgi(host.health, app, serves=host.serves, begin=partial(_begin, host))


def _begin(host: Host) -> None:
    host.event_loops.watch()  # first: checks that are coroutines must find it
    host.start()


class _Asgi:
    """Instruments a bare ASGI application, which has no place of its own to be wrapped in."""

    def instrument(self, target: App, host: Host) -> App:
        """Return `target` wrapped; what is wrapped already is returned as it is."""
        if isinstance(target, AsgiMiddleware):
            target.server.serve(host)
            return target
        return AsgiMiddleware(target, HttpServer(host))

    def serve_health(self, target: App, host: Host) -> App:
        """Return `target` behind what answers for health."""
        return serve_health(target, host)

    def routes(self, target: object) -> None:
        """None: what a bare ASGI application serves, it alone knows."""


integration = _Asgi()
