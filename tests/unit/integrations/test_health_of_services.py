"""An application that several services have, one after the other, as tests do with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from flask import Flask
from starlette.testclient import TestClient

import ninefold as nf

TOKEN = {"Authorization": "Bearer hunter2hunter2"}


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    """An ASGI application of nobody's framework."""
    raise KeyError(scope["path"])


def wsgi(environ: Any, start_response: Any) -> Any:
    """A WSGI application of nobody's framework."""
    start_response("404 Not Found", [])
    return []


def _of_asgi(app: Any) -> Any:
    return TestClient(app).get("/healthz", headers=TOKEN).json()["serviceId"]


def _of_flask(app: Any) -> Any:
    return _of_wsgi(app.wsgi_app)


def _of_wsgi(app: Any) -> Any:
    from werkzeug.test import Client

    answer = Client(app).get("/healthz", headers=TOKEN).json
    assert answer is not None
    return answer["serviceId"]


@pytest.mark.parametrize("disabled", ["false", "true"])
@pytest.mark.parametrize(
    ("make", "ask"),
    [
        pytest.param(FastAPI, _of_asgi, id="fastapi"),
        pytest.param(lambda: Flask("shop"), _of_flask, id="flask"),
        pytest.param(lambda: asgi, _of_asgi, id="asgi"),
        pytest.param(lambda: wsgi, _of_wsgi, id="wsgi"),
    ],
)
def test_the_service_that_is_set_up_answers_for_health(
    make: Callable[[], Any],
    ask: Callable[[Any], str],
    disabled: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not one that was shut down, which knows nothing any more; also with OTEL_SDK_DISABLED."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", disabled)
    app = make()
    for name in ("one", "two", "three"):
        service = nf.setup(name, admin_token="hunter2hunter2")
        app = service.instrument(app)
        try:
            assert ask(app) == name
        finally:
            service.shutdown()
