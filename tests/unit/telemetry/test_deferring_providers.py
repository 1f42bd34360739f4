"""Keep beside a tracer provider of the application's own, where nothing of ours samples."""

from __future__ import annotations

import pytest
from tests.support.child import run

OWN = """
import logging
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
import ninefold as nf
logging.basicConfig(format="%(message)s")
trace.set_tracer_provider(TracerProvider())
"""


def test_keep_in_code_beside_a_provider_of_the_user_s_is_refused() -> None:
    """As `span_processors` is: it would have no effect, and the message says why."""
    out = run(
        OWN
        + """
try:
    nf.setup("shop", sampling=nf.Sampling(keep=nf.Keep()))
except nf.ConfigurationError as error:
    print(error)
"""
    )
    assert out.startswith("Sampling(keep=...) would have no effect: the application set a tracer")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NINEFOLD_SAMPLING_KEEP_ERRORS", "true"),
        ("NINEFOLD_SAMPLING_KEEP_SLOWER_THAN", "1"),
        ("NINEFOLD_SAMPLING_KEEP_PROPAGATE", "always"),
    ],
)
def test_keep_from_a_deployment_beside_a_provider_of_the_user_s_is_warned_of(
    name: str, value: str
) -> None:
    """It may be meant for other services of the same deployment: this one goes on."""
    out = run(
        OWN
        + """
logging.getLogger("ninefold").addHandler(logging.StreamHandler(__import__("sys").stdout))
service = nf.setup("shop")
with trace.get_tracer("app").start_as_current_span("root") as span:
    assert span.get_span_context().trace_flags.sampled
assert service.shutdown()
""",
        env={name: value},
    )
    assert out.startswith("sampling.keep has no effect: spans go to the tracer provider that the")
