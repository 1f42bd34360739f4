"""Flask under each instrumentation that the scenarios compare; providers as for FastAPI."""

from __future__ import annotations

from collections.abc import Mapping

from bench import checks, ours, sdk
from bench.model import Workload
from bench.storefront import PATH, flask_app
from bench.traceparent import ROOT
from bench.wsgi import Driver


def bare(headers: Mapping[str, str] = ROOT) -> Workload:
    return Driver(flask_app(), PATH, headers).workload()


def ninefold(
    headers: Mapping[str, str] = ROOT, ratio: float | None = None, spans: bool = False
) -> Workload:
    """Our own: metrics, and traces where `ratio` is given; `spans`: all of them are kept."""
    service = ours.service(ratio=ratio)
    driver = Driver(service.instrument(flask_app()), PATH, headers)

    def counted() -> int:
        return checks.exposed(driver.get("/metrics")[1].decode(), ours.COUNT_SAMPLE)

    check = checks.expect("requests in /metrics", counted)
    if ratio is not None:
        traced = checks.expect("spans", lambda: ours.server_spans(service), none=not spans)
        check = checks.both(check, traced)
    return driver.workload(check)


def contrib(
    headers: Mapping[str, str] = ROOT, ratio: float | None = None, spans: bool = False
) -> Workload:
    """opentelemetry-instrumentation-flask; without `ratio` there is no tracer provider."""
    from opentelemetry.instrumentation.flask import FlaskInstrumentor

    app = flask_app()
    meters, reader = sdk.metering()
    traces = None if ratio is None else sdk.tracing(ratio)
    FlaskInstrumentor().instrument_app(app, meter_provider=meters, tracer_provider=traces)
    check = checks.expect("requests recorded", lambda: checks.recorded(reader, sdk.DURATION))
    if traces is not None:
        traced = checks.expect("spans", lambda: sdk.server_spans(traces), none=not spans)
        check = checks.both(check, traced)
    return Driver(app, PATH, headers).workload(check)
