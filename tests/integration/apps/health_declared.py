"""Declares the dependencies that the variable DEPENDENCIES describes, for the tests of health.

It is JSON: by name, `asks` (the kind of check), `at` (the ports to ask, one for each replica),
`upstream` (the port of the HTTP service that its calls reach), `open_for` (its breaker's, if it is
to have one) and `words`, which are handed on to `service.dependency`.
"""

from __future__ import annotations

import json
import os
import urllib.request
from dataclasses import dataclass, field
from typing import Any

import ninefold as nf
from ninefold.health import Finding

HOST = "127.0.0.1"
SECRET = "hunter2"

KINDS = {
    "postgres": "db",
    "psycopg": "db",
    "redis": "cache",
    "endless": "cache",
    "http": "http",
    "says": "http",
    "tcp": "other",
    "ninefold": "http",
}


@dataclass
class Declared:
    """One dependency, what it is called by, and the engine that it is asked through."""

    dependency: nf.Dependency
    url: str
    engine: Any = None
    held: list[Any] = field(default_factory=list)


def declare(service: nf.Service, *, awaits: bool) -> dict[str, Declared]:
    """Declare them all; `awaits` takes clients that are awaited, where there are any."""
    told: dict[str, Any] = json.loads(os.environ["DEPENDENCIES"])
    return {name: _declared(service, name, said, awaits) for name, said in told.items()}


def work(url: str) -> None:
    """Call an upstream, and raise where it fails."""
    with urllib.request.urlopen(url, timeout=60) as answer:
        answer.read()


def _declared(service: nf.Service, name: str, said: dict[str, Any], awaits: bool) -> Declared:
    asks = said["asks"]
    engine = _engine(said["at"][0], awaits) if asks == "postgres" else None
    checks = [_check(name, asks, port, engine, awaits) for port in said["at"]]
    policy = None
    if "open_for" in said:
        breaker = nf.Breaker(min_calls=5, open_for=said["open_for"], open_cap=said["open_for"])
        policy = nf.Policy(breaker=breaker)
    dependency = service.dependency(
        name,
        kind=KINDS[asks],  # type: ignore[arg-type]  # one of those
        policy=policy,
        check=checks if len(checks) > 1 else checks[0],
        **said["words"],
    )
    return Declared(dependency, f"http://{HOST}:{said['upstream']}/{name}/work", engine)


def _check(name: str, asks: str, port: int, engine: Any, awaits: bool) -> Any:
    match asks:
        case "postgres":
            return nf.checks.sqlalchemy(engine)
        case "psycopg":
            return nf.checks.psycopg(f"postgresql://postgres:{SECRET}@{HOST}:{port}/postgres")
        case "redis":
            return nf.checks.redis(_redis(port, awaits))
        case "endless":
            # As written by somebody who has not heard of timeouts.
            client = _redis(port, awaits=False)
            return lambda: bool(client.ping())
        case "http":
            return nf.checks.http(f"http://{HOST}:{port}/{name}/health")
        case "says":
            return lambda: _what_it_says(f"http://{HOST}:{port}/{name}/health")
        case "tcp":
            return nf.checks.tcp(HOST, port)
        case "ninefold":
            token = os.environ.get("NINEFOLD_ADMIN_TOKEN")
            return nf.checks.ninefold(f"http://{HOST}:{port}/healthz", token=token)
    raise ValueError(f"nothing asks like {asks!r}")


def _engine(port: int, awaits: bool) -> Any:
    """An engine with one connection: whoever holds that saturates it."""
    import sqlalchemy
    from sqlalchemy.ext.asyncio import create_async_engine

    create = create_async_engine if awaits else sqlalchemy.create_engine
    return create(
        f"postgresql+psycopg://postgres:{SECRET}@{HOST}:{port}/postgres",
        pool_size=1,
        max_overflow=0,
        connect_args={"connect_timeout": 2},
    )


def _redis(port: int, awaits: bool) -> Any:
    import redis
    import redis.asyncio

    return (redis.asyncio.Redis if awaits else redis.Redis)(host=HOST, port=port)


def _what_it_says(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=5) as answer:
        said = answer.read().decode()
    match said:
        case "raise":
            raise RuntimeError(f"no answer from postgresql://shop:{SECRET}@db/shop")
        case "wrong":
            return f"up, says postgresql://shop:{SECRET}@db/shop"
        case _:
            return Finding(said)  # type: ignore[arg-type]  # a level
