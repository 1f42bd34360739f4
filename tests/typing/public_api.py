"""What a type checker knows of the façade, and what it must refuse.

Each `type: ignore` stands on a line that must not type-check: mypy reports one that is not needed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, assert_type

import httpx
from fastapi import FastAPI
from flask import Flask
from requests import Session

import ninefold as nf
from ninefold.config import Settings
from ninefold.integrations import httpx as httpx_guard
from ninefold.integrations import requests as requests_guard

Asgi = Callable[[dict[str, Any], Callable[..., Any], Callable[..., Any]], Awaitable[None]]
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def instrument_keeps_the_type(
    service: nf.Service,
    fastapi: FastAPI,
    flask: Flask,
    client: httpx.Client,
    asgi: Asgi,
    wsgi: Wsgi,
) -> None:
    """What goes in comes out, as far as a type checker can tell."""
    assert_type(service.instrument(fastapi), FastAPI)
    assert_type(service.instrument(flask), Flask)
    assert_type(service.instrument(client), httpx.Client)
    assert_type(service.instrument(asgi), Asgi)
    assert_type(service.instrument(wsgi), Wsgi)


def guarding_keeps_the_type(
    psp: nf.Dependency, sync: httpx.Client, asynchronous: httpx.AsyncClient, session: Session
) -> None:
    """A client is the client it was; a transport goes where httpx wants one."""
    assert_type(httpx_guard.guarded(sync, psp), httpx.Client)
    assert_type(httpx_guard.guarded(asynchronous, nf.Policy("search")), httpx.AsyncClient)
    assert_type(requests_guard.guarded(session, psp, send_deadline=True), Session)
    httpx.Client(transport=httpx_guard.GuardedTransport(psp))
    httpx.AsyncClient(transport=httpx_guard.AsyncGuardedTransport(psp))
    session.mount("https://", requests_guard.GuardedAdapter(psp))
    httpx_guard.GuardedTransport("psp")  # type: ignore[arg-type]
    httpx_guard.guarded(session, psp)  # type: ignore[type-var]
    httpx.AsyncClient(transport=httpx_guard.GuardedTransport(psp))  # type: ignore[arg-type]


def set_up() -> None:
    """Every argument but the name goes by keyword."""
    service = nf.setup("checkout", version="1.4.2", environment="test", owner="payments")
    assert_type(service, nf.Service)
    assert_type(service.settings, Settings)
    assert_type(service.force_flush(1.0), bool)
    assert_type(service.shutdown(), bool)
    nf.setup("checkout", "1.4.2")  # type: ignore[call-arg]
    nf.setup("checkout", prometheus="yes")  # type: ignore[arg-type]
    nf.Sampling(0.1)  # type: ignore[call-arg]
    nf.Sampling(default=0.1, parent="sometimes")  # type: ignore[arg-type]
    nf.Sampler(0.1)  # type: ignore[arg-type]
    nf.Sampling(parent=nf.cap(0.05), target_per_s=None)
    assert_type(service.sampling, nf.Sampling)


def errors_are_what_a_caller_catches(error: nf.CircuitOpenError) -> None:
    """The hierarchy, and what an error carries."""
    rejected: nf.RejectedError = error
    root: nf.NinefoldError = rejected
    del root
    wrong: ValueError = nf.ConfigurationError("ratio must be between 0 and 1, got 2")
    del wrong
    assert_type(error.retry_after, float)
