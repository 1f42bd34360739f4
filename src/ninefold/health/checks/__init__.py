"""Checks: what to ask of a dependency, a file each; `nf.checks.tcp("db", 5432)`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ninefold.health._model import Finding

if TYPE_CHECKING:
    from ninefold.health.checks._celery import celery
    from ninefold.health.checks._connection_pool import connection_pool
    from ninefold.health.checks._disk import disk
    from ninefold.health.checks._dns import dns
    from ninefold.health.checks._event_loop import event_loop
    from ninefold.health.checks._function import function
    from ninefold.health.checks._http import http
    from ninefold.health.checks._memory import memory
    from ninefold.health.checks._ninefold import ninefold
    from ninefold.health.checks._psycopg import psycopg
    from ninefold.health.checks._redis import redis
    from ninefold.health.checks._sqlalchemy import sqlalchemy
    from ninefold.health.checks._tcp import tcp
    from ninefold.health.checks._thread_pool import thread_pool
    from ninefold.health.checks._tls import tls

__all__ = [
    "Finding",
    "celery",
    "connection_pool",
    "disk",
    "dns",
    "event_loop",
    "function",
    "http",
    "memory",
    "ninefold",
    "psycopg",
    "redis",
    "sqlalchemy",
    "tcp",
    "thread_pool",
    "tls",
]


def __getattr__(name: str) -> object:
    # Each when first used: asyncio, TLS and HTTP are much to load for who asks a function.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}._{name}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
