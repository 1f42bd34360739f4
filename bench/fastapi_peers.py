"""FastAPI under each instrumentation that the scenarios compare.

Only ninefold sets global providers, as its users have them; peers get theirs as arguments, so that
FastAPI's own instrumentation, which looks for global ones, sleeps in all variants but its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from bench import checks, ours, sdk
from bench.asgi import Driver
from bench.model import Workload
from bench.storefront import PATH, fastapi_app
from bench.traceparent import ROOT


def bare(headers: Mapping[str, str] = ROOT, routes_ahead: int = 0) -> Workload:
    return Driver(fastapi_app(routes_ahead=routes_ahead), PATH, headers).workload()


def ninefold(
    headers: Mapping[str, str] = ROOT,
    routes_ahead: int = 0,
    ratio: float | None = None,
    spans: bool = False,
    objectives: int = 0,
) -> Workload:
    """Our own: metrics, and traces where `ratio` is given; `spans`: all of them are kept.

    `objectives` are declared on the route that is asked for.
    """
    service = ours.service(ratio=ratio)
    ours.declare(service, "/things/{thing_id}", objectives)
    driver = Driver(service.instrument(fastapi_app(routes_ahead=routes_ahead)), PATH, headers)

    def counted() -> int:
        return checks.exposed(driver.get("/metrics")[1].decode(), ours.COUNT_SAMPLE)

    check = checks.expect("requests in /metrics", counted)
    if objectives:

        def events() -> int:
            exposed = driver.get("/metrics")[1].decode()
            return checks.exposed(exposed, ours.EVENTS_SAMPLE) // objectives

        check = checks.both(check, checks.expect("events in /metrics", events))
    if ratio is not None:
        traced = checks.expect("spans", lambda: ours.server_spans(service), none=not spans)
        check = checks.both(check, traced)
    return driver.workload(check)


def contrib(
    headers: Mapping[str, str] = ROOT,
    routes_ahead: int = 0,
    ratio: float | None = None,
    spans: bool = False,
) -> Workload:
    """opentelemetry-instrumentation-fastapi; without `ratio` there is no tracer provider."""
    from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor

    app = fastapi_app(routes_ahead=routes_ahead)
    meters, reader = sdk.metering()
    traces = None if ratio is None else sdk.tracing(ratio)
    FastAPIInstrumentor.instrument_app(app, meter_provider=meters, tracer_provider=traces)
    check = checks.expect("requests recorded", lambda: checks.recorded(reader, sdk.DURATION))
    if traces is not None:
        traced = checks.expect("spans", lambda: sdk.server_spans(traces), none=not spans)
        check = checks.both(check, traced)
    return Driver(app, PATH, headers).workload(check)


def native(headers: Mapping[str, str] = ROOT) -> Workload:
    """FastAPI's own metrics; its spans and logs are off."""
    meters, reader = sdk.metering()
    app = fastapi_app(telemetry={"meter_provider": meters, "tracing": False, "logs": False})
    check = checks.expect("requests recorded", lambda: checks.recorded(reader, sdk.DURATION))
    return Driver(app, PATH, headers).workload(check)


def prometheus_fastapi_instrumentator(headers: Mapping[str, str] = ROOT) -> Workload:
    """prometheus-fastapi-instrumentator as its README sets it up."""
    from prometheus_client import REGISTRY, generate_latest
    from prometheus_fastapi_instrumentator import Instrumentator

    app = fastapi_app()
    Instrumentator().instrument(app)

    def counted() -> int:
        return checks.exposed(generate_latest(REGISTRY).decode(), "http_requests_total")

    return Driver(app, PATH, headers).workload(checks.expect("requests counted", counted))


def starlette_exporter(headers: Mapping[str, str] = ROOT) -> Workload:
    """starlette_exporter as its README sets it up."""
    from prometheus_client import REGISTRY, generate_latest
    from starlette_exporter import PrometheusMiddleware

    app = fastapi_app()
    app.add_middleware(PrometheusMiddleware)

    def counted() -> int:
        return checks.exposed(generate_latest(REGISTRY).decode(), "starlette_requests_total")

    return Driver(app, PATH, headers).workload(checks.expect("requests counted", counted))
