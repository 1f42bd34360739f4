"""Every scenario of sampling, in the order in which they run and are printed."""

from bench.model import Scenario
from bench.sampling import decisions, deferral, requests, spans

SCENARIOS: tuple[Scenario, ...] = (
    requests.ROOT,
    requests.REMOTE,
    spans.DROPPED,
    spans.DROPPED_CHILD,
    spans.KEPT,
    decisions.ROOT,
    decisions.REMOTE,
    decisions.CHILD,
    decisions.HEAD,
    *deferral.SCENARIOS,
)
