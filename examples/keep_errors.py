"""Every error is kept at a head rate of zero: the spans of a trace wait for how it ends."""

from __future__ import annotations

from opentelemetry import trace
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

import ninefold as nf

exporter = InMemorySpanExporter()
service = nf.setup(
    "checkout",
    environment="development",
    sampling=nf.Sampling(default=0.0, keep=nf.Keep(errors=True, slower_than=1.0)),
    span_processors=[SimpleSpanProcessor(exporter)],
)
tracer = trace.get_tracer("checkout")


def pay(amount: int) -> None:
    with tracer.start_as_current_span("pay") as span, tracer.start_as_current_span("look up"):
        if amount < 0:
            span.set_status(StatusCode.ERROR)


if __name__ == "__main__":
    for amount in (1, 2, -3, 4):
        pay(amount)
    service.force_flush()
    kept = [
        (span.name, span.context.trace_state.to_header()) for span in exporter.get_finished_spans()
    ]
    print(kept)
    assert kept == [("look up", "ot=th:0"), ("pay", "ot=th:0")], kept
    service.shutdown()
