"""A service of conformance/vectors/health/rows.yaml, and what it lives on: started and ended."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support import servers
from tests.support.health_faults import Faults, Line
from tests.support.health_service import HealthService
from tests.support.net import LOOPBACK, free_port
from tests.support.postgres import Postgres
from tests.support.process import Process
from tests.support.redis import Redis
from tests.support.tcp_proxy import TcpProxy
from tests.support.upstream import Upstream

Case = dict[str, Any]

_ASGI = "tests.integration.apps.health_asgi"
_WSGI = "tests.integration.apps.health_wsgi"
_NEEDED = (
    *("fastapi", "flask", "gunicorn", "uvicorn", "uvicorn_worker"),
    *("psycopg", "redis", "sqlalchemy"),
)
USUAL = ("uvicorn", "gunicorn gthread")
_THREADS = 2
_WORKERS = {
    "gunicorn gthread": (_WSGI, ("-k", "gthread", "--threads", str(_THREADS))),
    "gunicorn sync": (_WSGI, ("-k", "sync")),
    "gunicorn uvicorn": (_ASGI, ("-k", "uvicorn_worker.UvicornWorker")),
}
_PACE = {"interval": 0.5, "timeout": 1.0}
_OF_THE_TEST = ("asks", "replicas", "open_for")


class World:
    """A service under one of several servers, and what stands between it and its dependencies."""

    def __init__(
        self,
        case: Case,
        server: str,
        upstream: Upstream,
        postgres: Postgres | None,
        redis: Redis | None,
        *,
        directory: Path,
        keep: Callable[[Process], Process],
    ) -> None:
        for module in _NEEDED:
            if importlib.util.find_spec(module) is None:
                pytest.skip(f"{module} is not installed (dependency group `components`)")
        self._case = case
        self._server = server
        self._upstream = upstream
        self._directory = directory
        self._keep = keep
        self._stack = ExitStack()
        self._behind = {
            **dict.fromkeys(("postgres", "psycopg"), postgres),
            **dict.fromkeys(("redis", "endless"), redis),
        }
        self._peers_admin = free_port()
        self._lines = {name: self._line(said) for name, said in case["dependencies"].items()}
        self.faults = Faults(self._lines, upstream, _THREADS if server == "gunicorn gthread" else 1)
        self.peer: HealthService | None = None

    def __enter__(self) -> World:
        return self

    def __exit__(self, *ended: object) -> None:
        self._stack.close()

    @property
    def service(self) -> HealthService:
        """The service under test."""
        return self.faults.service

    def probed(self, name: str) -> int:
        """How many connections there were to a dependency, one for each probe as a rule."""
        return sum(proxy.accepted for proxy in self._lines[name].proxies)

    def start(self) -> None:
        """Start the service, and its peer where it has one."""
        service = self._started(self._server, self._case["dependencies"], free_port(), self._lines)
        self.faults.serve(service)
        if self._case.get("peer", False):
            line = Line([self._stack.enter_context(TcpProxy(service.server.port))], None)
            other = USUAL[1 - USUAL.index(self._server)]
            self.peer = self._started(
                other, {"other": {"asks": "ninefold"}}, self._peers_admin, {"other": line}
            )

    def _line(self, said: Case) -> Line:
        server = self._behind.get(said["asks"])
        port = server.port if server is not None else self._upstream.port
        if said["asks"] == "ninefold":
            port = self._peers_admin
        several = range(said.get("replicas", 1))
        return Line([self._stack.enter_context(TcpProxy(port)) for _ in several], server)

    def _started(
        self,
        server: str,
        dependencies: Mapping[str, Case],
        admin: int,
        lines: Mapping[str, Line],
    ) -> HealthService:
        told = {
            name: {
                "asks": said["asks"],
                "at": [proxy.port for proxy in lines[name].proxies],
                "upstream": self._upstream.port,
                **({"open_for": said["open_for"]} if "open_for" in said else {}),
                "words": _PACE
                | {word: value for word, value in said.items() if word not in _OF_THE_TEST},
            }
            for name, said in dependencies.items()
        }
        settings = {
            f"NINEFOLD_{key.upper()}": str(value)
            for key, value in self._case.get("settings", {}).items()
        }
        if server == "gunicorn gthread":
            settings["NINEFOLD_WORKER_THREADS"] = str(_THREADS)
        started = servers.command(
            self._command(server),
            log=self._directory / f"{server.replace(' ', '-')}.log",
            env={
                "DEPENDENCIES": json.dumps(told),
                "UPSTREAM": str(self._upstream.port),
                "NINEFOLD_ADMIN": f"{LOOPBACK}:{admin}",
                **settings,
            },
        )
        self._keep(started.process)
        return HealthService(started, admin)

    @staticmethod
    def _command(server: str) -> Callable[[int], list[str]]:
        if server == "uvicorn":
            return lambda port: [
                "-m",
                "uvicorn",
                f"{_ASGI}:app",
                "--no-access-log",
                "--port",
                str(port),
            ]
        app, options = _WORKERS[server]
        command = ["-m", "gunicorn", "--workers", "1", *options, "--bind"]
        return lambda port: [*command, f"{LOOPBACK}:{port}", f"{app}:app"]
