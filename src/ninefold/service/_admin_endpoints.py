"""What the admin port answers: one table, from a path to what answers there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ninefold.health import DRAINZ, PATHS, PROXIED, is_local

if TYPE_CHECKING:
    from email.message import Message

    from ninefold.health import Answer as HealthAnswer
    from ninefold.health import Health
    from ninefold.telemetry import Faults

PLAIN: Final = "text/plain; charset=utf-8"
HEALTH_JSON: Final = "application/health+json"
READ: Final = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; the body is left out where HEAD was asked."""

    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """One request, as it came; `client` is the address of who asks."""

    method: str
    path: str
    query: str
    headers: Message
    client: str


Answer = Callable[[Request], Reply]
"""Answers a request; what it raises is counted, and answered with 500."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What answers at one path, and which methods it takes."""

    answer: Answer
    methods: tuple[str, ...] = READ


class Endpoints:
    """The table of paths; `/` lists it under a first line that says whose it is."""

    def __init__(self, name: str, table: Mapping[str, Endpoint]) -> None:
        self.greeting = f"ninefold's admin port of {name}"
        listed = "".join(f"{path}\n" for path in table)
        self._index = f"{self.greeting}\n{listed}".encode()
        self._table = {"/": Endpoint(self._list), **table}

    def answer(self, method: str, target: str, headers: Message, client: str) -> Reply:
        """The answer to one request, whose target is as it came; what an endpoint raises, rises."""
        path, _, query = target.partition("?")
        endpoint = self._table.get(path)
        if endpoint is None:
            return Reply(404, PLAIN, b"there is nothing here; / lists what there is\n")
        if method not in endpoint.methods:
            allowed = ", ".join(endpoint.methods)
            told = f"only {allowed} here\n".encode()
            return Reply(405, PLAIN, told, (("Allow", allowed),))
        return endpoint.answer(Request(method, path, query, headers, client))

    def _list(self, request: Request) -> Reply:
        return Reply(200, PLAIN, self._index)


def metrics_endpoint(expose: Callable[[str], tuple[bytes, str]], faults: Faults) -> Endpoint:
    """Answers a scrape as the application itself does; 503 where nothing can be collected."""

    def answer(request: Request) -> Reply:
        try:
            body, content_type = expose(",".join(request.headers.get_all("Accept", ())))
        except Exception as error:  # noqa: BLE001 - counted; the next scrape may be answered
            faults.internal_error("metrics", error)
            return Reply(503, PLAIN, b"the metrics cannot be collected now; see the log\n")
        return Reply(200, content_type, body)

    return Endpoint(answer)


def health_endpoints(health: Health) -> dict[str, Endpoint]:
    """Answer for the service's health, and let who may drain it."""

    def answer(request: Request) -> Reply:
        headers = request.headers
        found = health.answer(
            request.path,
            request.query,
            method="GET",  # what HEAD leaves out the port leaves out, and tells its length
            authorization=headers.get("Authorization"),
            is_local=_asks_from_here(request),
            depth=headers.get("X-Ninefold-Depth"),
        )
        assert found is not None  # the table has those paths alone
        return _reply(found)

    def drain(request: Request) -> Reply:
        return _reply(
            health.drain_answer(
                authorization=request.headers.get("Authorization"),
                is_local=_asks_from_here(request),
            )
        )

    table = {path: Endpoint(answer) for path in PATHS}
    table[DRAINZ] = Endpoint(drain, ("POST",))
    return table


def _asks_from_here(request: Request) -> bool:
    return not any(name in request.headers for name in PROXIED) and is_local(request.client)


def _reply(answer: HealthAnswer) -> Reply:
    headers = tuple(
        each for each in answer.headers if each[0] not in ("Content-Type", "Content-Length")
    )
    return Reply(answer.status, HEALTH_JSON, answer.body, headers)
