"""Health: whether dependencies work, told so that no healthy instance is taken away."""

from ninefold.health._answers import DRAINZ, HEALTHZ, PATHS, Answer
from ninefold.health._asgi import HealthAsgi, answer_asgi, live, send_answer
from ninefold.health._given import checks_of
from ninefold.health._graph import counts_through, unknown_upstreams
from ninefold.health._health import Health
from ninefold.health._local import PROXIED, is_local
from ninefold.health._model import Check, Finding, Judged, Patience, Place, Probed, Role, Scope
from ninefold.health._rollup import Overall
from ninefold.health._traffic import Calls
from ninefold.health._wsgi import HealthWsgi, answer_wsgi, start_answer

__all__ = [
    "DRAINZ",
    "HEALTHZ",
    "PATHS",
    "PROXIED",
    "Answer",
    "Calls",
    "Check",
    "Finding",
    "Health",
    "HealthAsgi",
    "HealthWsgi",
    "Judged",
    "Overall",
    "Patience",
    "Place",
    "Probed",
    "Role",
    "Scope",
    "answer_asgi",
    "answer_wsgi",
    "checks_of",
    "counts_through",
    "is_local",
    "live",
    "send_answer",
    "start_answer",
    "unknown_upstreams",
]
