"""OpenTelemetry contrib's instrumentation on the same application: one owner, nothing twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.support.http import asgi_server, fastapi_app, flask_app, starlette_app, wsgi_server
from tests.support.http.exchange import Gate
from tests.support.http.measured import Measured, measured
from tests.support.http.table import Case, Client, Driver, Record

_EXPECTED = Counter({Record("GET", None, 404, None): 1, Record("GET", "/old", 302, None): 2})


@pytest.fixture(scope="module", autouse=True)
def stable_names() -> Iterator[None]:
    """Have contrib use the stable names; it looks once, when it is first used."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_SEMCONV_STABILITY_OPT_IN", "http")
        yield


@pytest.fixture(params=["fastapi", "flask"])
def driver(request: pytest.FixtureRequest) -> Driver:
    """Each framework that contrib instruments application by application."""
    pytest.importorskip(
        f"opentelemetry.instrumentation.{request.param}",
        reason=f"opentelemetry-instrumentation-{request.param} is not installed",
    )
    name: Driver = request.param
    return name


def build(driver: Driver) -> Any:
    """Make the application of a driver."""
    return fastapi_app.build(Gate()) if driver == "fastapi" else flask_app.build(Gate())


def contrib(driver: Driver) -> Callable[[Any], None]:
    """Contrib's way to instrument one application."""
    if driver == "fastapi":
        from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor

        return FastAPIInstrumentor.instrument_app
    from opentelemetry.instrumentation.flask import FlaskInstrumentor

    return FlaskInstrumentor().instrument_app


def visit(driver: Driver, app: Any) -> None:
    """Ask for one path that exists, twice, and for one that does not."""
    for path in ("/old", "/old", "/nowhere"):
        case = Case(
            name="visit",
            driver=driver,
            method="GET",
            path=path,
            root_path="",
            surroundings=None,
            client=Client(),
            records=(),
        )
        if driver == "fastapi":
            asgi_server.serve(app, case, Gate())
        else:
            wsgi_server.serve(app, case)


def surround(driver: Driver, app: Any) -> None:
    """Add a middleware, which an application that serves nothing yet has to allow."""
    if driver == "fastapi":
        starlette_app.surround_late(app, "late_copied_scope")
    else:
        flask_app.surround_late(app, "late_copied_scope")


def check(seen: Measured) -> None:
    """Every request is in the metrics once and in the spans once, whoever could have told it."""
    assert seen.records() == _EXPECTED
    assert seen.spans() == _EXPECTED
    assert seen.active() == 0


def test_an_application_that_contrib_had_is_taken_over(driver: Driver) -> None:
    """Instrumenting after contrib switches contrib off for this application."""
    with measured() as seen:
        app = build(driver)
        contrib(driver)(app)
        app = seen.service.instrument(app)
        surround(driver, app)
        visit(driver, app)
        check(seen)


def test_contrib_leaves_an_application_that_is_owned_alone(driver: Driver) -> None:
    """Contrib asked to instrument afterwards changes nothing."""
    with measured() as seen:
        app = seen.service.instrument(build(driver))
        contrib(driver)(app)
        visit(driver, app)
        check(seen)


def test_an_application_built_under_contrib_is_taken_over(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `opentelemetry-instrument` does to every application on its own is taken over too."""
    module = pytest.importorskip(f"opentelemetry.instrumentation.{driver}")
    instrumentor = {"fastapi": "FastAPIInstrumentor", "flask": "FlaskInstrumentor"}[driver]
    everywhere = getattr(module, instrumentor)()
    with measured() as seen:
        everywhere.instrument()
        try:
            framework = __import__(driver)
            name = {"fastapi": "FastAPI", "flask": "Flask"}[driver]
            builder = {"fastapi": fastapi_app, "flask": flask_app}[driver]
            monkeypatch.setattr(builder, name, getattr(framework, name))
            app = seen.service.instrument(build(driver))
            surround(driver, app)
        finally:
            everywhere.uninstrument()
        visit(driver, app)
        check(seen)
