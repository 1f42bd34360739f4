"""Answers: what each path says, and who may see more than a status."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import time
from typing import Final, Protocol
from urllib.parse import parse_qs

from ninefold.health._document import CONTENT_TYPE, Facts, alone, in_full
from ninefold.health._entry import Entry
from ninefold.health._rollup import Overall

__all__ = ["DRAINZ", "HEALTHZ", "PATHS", "Answer", "Answers", "Asked"]

LIVEZ: Final = "/livez"
READYZ: Final = "/readyz"
STARTUPZ: Final = "/startupz"
HEALTHZ: Final = "/healthz"
DRAINZ: Final = "/drainz"
PATHS: Final = (LIVEZ, READYZ, STARTUPZ, HEALTHZ)
READ: Final = ("GET", "HEAD")

_NO_STORE: Final = ("Cache-Control", "no-store")
_LONGEST_QUERY: Final = 256


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer: status, headers in order, and the body, empty where HEAD was asked."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, as far as it matters."""

    path: str
    query: str = ""
    method: str = "GET"
    authorization: str | None = None
    is_local: bool = False
    depth: str | None = None


class Told(Protocol):
    """Who knows how the service is."""

    @property
    def facts(self) -> Facts:
        """What is told of the service itself."""
        ...

    @property
    def clock(self) -> Callable[[], float]:
        """The monotonic clock."""
        ...

    def overall(self) -> Overall:
        """How the service is now."""
        ...

    def entries(self) -> Mapping[str, Entry]:
        """The dependencies, by name."""
        ...

    def drain(self) -> None:
        """Be ready no more."""
        ...


class Answers:
    """Answers for one Health. `open_on_loopback`: details for who asks from this machine."""

    __slots__ = ("_open_on_loopback", "_token", "_told")

    def __init__(self, told: Told, *, token: str | None, open_on_loopback: bool) -> None:
        self._told = told
        self._token = None if token is None else token.encode()
        self._open_on_loopback = open_on_loopback

    def answer(self, asked: Asked) -> Answer | None:
        """The answer; None where the path is none of ours."""
        if asked.path not in PATHS:
            return None
        if asked.method not in READ:
            return _answer(405, alone("METHOD NOT ALLOWED"), (("Allow", ", ".join(READ)),))
        told = self._told
        overall = told.overall()
        flags = _flags(asked.query)
        status, code = _said(asked.path, overall)
        if asked.path == HEALTHZ and "strict" in flags and overall.status == "DOWN":
            code = 503
        if self._may_see(asked) and (asked.path == HEALTHZ or "verbose" in flags):
            body = in_full(
                status,
                told.facts,
                overall,
                told.entries(),
                now=told.clock(),
                wall=time(),
                verbose="verbose" in flags,
                first_hand=asked.depth is not None,
            )
        else:
            body = alone(status)
        return _answer(code, body, (), is_head=asked.method == "HEAD")

    def drain(self, authorization: str | None, *, is_local: bool) -> Answer:
        """Drain where it is allowed: with the token where there is one, else from this machine."""
        if self._token is not None:
            if not self._has_token(authorization):
                challenge = (("WWW-Authenticate", "Bearer"),)
                return _answer(401, alone("UNAUTHORIZED"), challenge)
        elif not is_local:
            return _answer(403, alone("FORBIDDEN"))
        self._told.drain()
        return _answer(200, alone("DRAINING"))

    def _may_see(self, asked: Asked) -> bool:
        if self._open_on_loopback and asked.is_local:
            return True
        return self._has_token(asked.authorization)

    def _has_token(self, authorization: str | None) -> bool:
        if self._token is None or authorization is None:
            return False
        scheme, _, given = authorization.partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(
            given.strip().encode("utf-8", "replace"), self._token
        )


def _said(path: str, overall: Overall) -> tuple[str, int]:
    """The status that a path tells, and its code."""
    if path == HEALTHZ:
        return overall.status, 200
    if path == LIVEZ:
        return ("UP", 200) if overall.live else ("DOWN", 503)
    if path == STARTUPZ:
        return ("UP", 200) if overall.started else ("STARTING", 503)
    if overall.ready:
        return "UP", 200
    return overall.status, 503


def _flags(query: str) -> frozenset[str]:
    """`?verbose` and `?strict`, with `=1` or `=true` or nothing behind them."""
    if not query:
        return frozenset()
    found = parse_qs(query[:_LONGEST_QUERY], keep_blank_values=True, max_num_fields=None)
    return frozenset(
        name for name, values in found.items() if values[-1].lower() in ("", "1", "true", "yes")
    )


def _answer(
    status: int, body: bytes, headers: tuple[tuple[str, str], ...] = (), *, is_head: bool = False
) -> Answer:
    told = (
        ("Content-Type", CONTENT_TYPE),
        ("Content-Length", str(len(body))),
        _NO_STORE,
        *headers,
    )
    return Answer(status, told, b"" if is_head else body)
