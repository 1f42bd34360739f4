"""A Health as an ASGI application of its own, or in front of another one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import TYPE_CHECKING, Any, Final

from ninefold.health._answers import Answer
from ninefold.health._front import NOT_FOUND, Front
from ninefold.health._local import PROXIED, is_local

if TYPE_CHECKING:
    from ninefold.health._health import Health

__all__ = ["HealthAsgi", "answer_asgi", "live", "send_answer"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_PROXIED: Final = frozenset(name.encode("ascii") for name in PROXIED)


class HealthAsgi:
    """Answers for a Health; what is none of its paths goes to `app`, or is not found.

    A path that `app` `serves` itself stays its own. `begin` is called when something first comes.
    """

    def __init__(
        self,
        health: Health,
        app: App | None = None,
        *,
        serves: Callable[[str], bool] | None = None,
        begin: Callable[[], None] | None = None,
    ) -> None:
        self.front = Front(health, serves, begin)
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan" and self._app is not None:
            await live(self.front.health, self._app, scope, receive, send, begin=self.front.begin)
            return
        self.front.begin()
        if scope["type"] == "http":
            path: str = scope["path"]
            root: str = scope.get("root_path") or ""
            if root and path.startswith(root):
                path = path[len(root) :]
            if self.front.answers(path):
                answer = answer_asgi(self.front.health, path, scope)
                await send_answer(answer or NOT_FOUND, send)
                return
        if self._app is not None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await send_answer(NOT_FOUND, send)
        elif scope["type"] == "lifespan":
            await _live(receive, send)


def answer_asgi(health: Health, path: str, scope: Scope) -> Answer | None:
    """The answer to a request; None where the path, told below the root path, is none of ours."""
    headers: Iterable[tuple[bytes, bytes]] = scope.get("headers", ())
    authorization = depth = None
    forwarded = False
    for name, value in headers:
        if name == b"authorization":
            authorization = value.decode("latin-1")
        elif name == b"x-ninefold-depth":
            depth = value[:16].decode("latin-1")
        elif name in _PROXIED:
            forwarded = True
    client = scope.get("client")
    return health.answer(
        path,
        scope.get("query_string", b"").decode("latin-1"),
        method=scope["method"],
        authorization=authorization,
        is_local=not forwarded and is_local(client[0] if client else None),
        depth=depth,
    )


async def send_answer(answer: Answer, send: Send) -> None:
    """Send an answer as a whole."""
    headers = [
        (name.lower().encode("ascii"), value.encode("latin-1")) for name, value in answer.headers
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})


async def live(
    health: Health,
    app: App,
    scope: Scope,
    receive: Receive,
    send: Send,
    *,
    begin: Callable[[], None],
) -> None:
    """Have `app` live: `begin`, and do not have started before it has.

    A server listens only then, and ends where it failed; it goes on where `app` has no lifespan,
    which shows by what it raises.
    """
    serves = health.starting()
    begin()
    has_failed = False

    async def sending(message: MutableMapping[str, Any]) -> None:
        nonlocal has_failed
        await send(message)
        if message["type"] == "lifespan.startup.complete":
            serves()
        elif message["type"] == "lifespan.startup.failed":
            has_failed = True

    try:
        await app(scope, receive, sending)
    finally:
        if not has_failed:
            serves()


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
