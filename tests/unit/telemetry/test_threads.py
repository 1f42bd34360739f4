"""Threads that gevent has replaced are refused at set-up, and cost no request afterwards."""

from __future__ import annotations

from tests.support.child import run

PATCH = """
import sys, types
def patch():
    monkey = types.ModuleType("gevent.monkey")
    monkey.is_module_patched = lambda name: name == "threading"
    sys.modules["gevent.monkey"] = monkey
import ninefold as nf
from opentelemetry import metrics
"""


def test_patched_threads_are_refused_by_setup() -> None:
    """The message says what to do; with OTEL_SDK_DISABLED there is nothing to refuse."""
    code = PATCH + "patch()\ntry: nf.setup('x')\nexcept nf.ConfigurationError as e: print(e)"
    assert "gunicorn -k gthread" in run(code)
    assert run(code, env={"OTEL_SDK_DISABLED": "true"}) == ""


def test_threads_that_are_patched_after_setup_are_left_alone() -> None:
    """Nothing is built, no thread starts, and recording does nothing."""
    code = """
service = nf.setup("x", prometheus=True)
patch()
metrics.get_meter("app").create_counter("orders").add(1)
print(service.telemetry.pipeline.built.workers)
"""
    assert run(PATCH + code).strip() == "{}"
