"""Every scenario, in the order in which they run and are printed."""

from bench.model import Scenario
from bench.scenarios import (
    breaker,
    breaker_threads,
    bulkhead,
    fastapi_metrics,
    fastapi_objectives,
    fastapi_routes,
    fastapi_traces,
    flask_metrics,
    flask_traces,
    imports,
    measure,
    record,
    retry,
    retry_breaker,
)

SCENARIOS: tuple[Scenario, ...] = (
    fastapi_metrics.SCENARIO,
    fastapi_objectives.SCENARIO,
    fastapi_routes.SCENARIO,
    fastapi_traces.NONE_KEPT,
    fastapi_traces.ALL_KEPT,
    flask_metrics.SCENARIO,
    flask_traces.NONE_KEPT,
    flask_traces.ALL_KEPT,
    record.SCENARIO,
    measure.SCENARIO,
    retry.SCENARIO,
    breaker.SCENARIO,
    retry_breaker.SCENARIO,
    breaker_threads.SCENARIO,
    bulkhead.SCENARIO,
    imports.SCENARIO,
)
