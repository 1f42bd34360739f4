"""The peers' servers, each configured as its own documentation recommends.

- fastapi-health 0.4: its README's example. It has neither a timeout nor a cache.
- py-healthcheck 1.10: its README's example for Flask, with its default cache (27 s after a success,
  9 s after a failure). Its `error_timeout` is left at its default, off: it sets a signal handler,
  which raises in every thread but the main one, so under a threaded server each check would fail.
- django-health-check 4.8: its view under ASGI and a check that is `async def`, as its documentation
  has it, with a timeout as long as ninefold's. Its cookbook leaves dependencies that instances
  share to an endpoint that no orchestrator asks, so a shared one is not among its checks here.
"""

from __future__ import annotations

import dataclasses
import socket
from datetime import timedelta
from typing import Any

from bench.health.announce import announce, serve_asgi
from bench.health.check import Asking
from bench.health.rows import CHECK_TIMEOUT, Scope

GUNICORN_THREADS = 40
"""As many as Starlette has for functions."""


def fastapi_health(asking: Asking, scope: Scope) -> None:
    """FastAPI and fastapi-health on uvicorn."""
    from fastapi import FastAPI
    from fastapi_health import health

    def dependency_works() -> bool:
        try:
            asking.ask()
        except OSError:
            return False
        return True

    app = FastAPI()
    app.add_api_route("/health", health([dependency_works]))
    serve_asgi(app, "/health")


def py_healthcheck(asking: Asking, scope: Scope) -> None:
    """Flask and py-healthcheck on gunicorn with threads."""
    from flask import Flask
    from gunicorn.app.base import BaseApplication
    from healthcheck import HealthCheck

    def dependency_works() -> tuple[bool, str]:
        asking.ask()
        return True, "ok"

    app = Flask("bench")
    health = HealthCheck()
    health.add_check(dependency_works)
    app.add_url_rule("/healthcheck", "healthcheck", view_func=health.run)

    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)

    class Served(BaseApplication):  # type: ignore[misc]  # has no types
        def load_config(self) -> None:
            self.cfg.set("bind", f"fd://{listener.fileno()}")
            self.cfg.set("worker_class", "gthread")
            self.cfg.set("threads", GUNICORN_THREADS)
            self.cfg.set("loglevel", "warning")

        def load(self) -> Any:
            return app

    announce({"": (listener.getsockname()[1], "/healthcheck")})
    Served().run()


def django_health_check(asking: Asking, scope: Scope) -> None:
    """Django and django-health-check on uvicorn."""
    import django
    from django.conf import settings

    settings.configure(
        ALLOWED_HOSTS=["*"],
        INSTALLED_APPS=["health_check"],
        MIDDLEWARE=[],
        ROOT_URLCONF="bench.health.django_urls",
        LOGGING_CONFIG=None,
    )
    django.setup()
    from django.core.asgi import get_asgi_application
    from health_check.base import HealthCheck
    from health_check.exceptions import ServiceUnavailable

    from bench.health import django_urls

    @dataclasses.dataclass
    class Works(HealthCheck):
        timeout = timedelta(seconds=CHECK_TIMEOUT)

        async def run(self) -> None:
            try:
                await asking.ask_async()
            except OSError as error:
                raise ServiceUnavailable("the dependency fails") from error

    django_urls.add([] if scope == "shared" else [Works])
    serve_asgi(get_asgi_application(), "/health/?format=text", lifespan="off")
