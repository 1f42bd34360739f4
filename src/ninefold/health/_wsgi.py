"""A Health as a WSGI application of its own, or in front of another one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from ninefold.health._answers import Answer
from ninefold.health._front import NOT_FOUND, Front
from ninefold.health._local import PROXIED, is_local

if TYPE_CHECKING:
    from ninefold.health._health import Health

__all__ = ["HealthWsgi", "answer_wsgi", "start_answer"]

Environ = dict[str, Any]
StartResponse = Callable[..., Callable[[bytes], object]]
App = Callable[[Environ, StartResponse], Iterable[bytes]]

_PROXIED: Final = tuple(f"HTTP_{name.upper().replace('-', '_')}" for name in PROXIED)


class HealthWsgi:
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

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        self.front.begin()
        path = environ.get("PATH_INFO", "")
        answer: Answer | None = NOT_FOUND
        if self.front.answers(path):
            answer = answer_wsgi(self.front.health, path, environ)
        elif self._app is not None:
            return self._app(environ, start_response)
        return start_answer(answer or NOT_FOUND, start_response)


def answer_wsgi(health: Health, path: str, environ: Environ) -> Answer | None:
    """The answer to a request; None where the path is none of ours."""
    forwarded = any(name in environ for name in _PROXIED)
    depth = environ.get("HTTP_X_NINEFOLD_DEPTH")
    return health.answer(
        path,
        environ.get("QUERY_STRING", ""),
        method=environ["REQUEST_METHOD"],
        authorization=environ.get("HTTP_AUTHORIZATION"),
        is_local=not forwarded and is_local(environ.get("REMOTE_ADDR")),
        depth=None if depth is None else depth[:16],
    )


def start_answer(answer: Answer, start_response: StartResponse) -> Iterable[bytes]:
    """Start the response, and give its body."""
    start_response(
        f"{answer.status} {HTTPStatus(answer.status).phrase}",
        list(answer.headers),
    )
    return [answer.body] if answer.body else []
