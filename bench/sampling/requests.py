"""A request whose trace is dropped, as far as tracing goes: decided on, entered, and left.

ninefold's middleware is asked as it asks itself, by the headers. Beside it the SDK's dropped span
as its users write it, the caller's context taken out of the headers where there is one; the same
without the context manager, which nobody writes, as the least it can cost; and contrib's own steps,
as its ASGI middleware takes them, but for gathering the attributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from bench import checks, ours, sdk
from bench.clock import timed
from bench.loops import calling
from bench.model import Goal, Scenario, Variant, Workload
from bench.sampling import rules
from bench.sampling.rules import ATTRIBUTES
from bench.traceparent import NOT_SAMPLED
from bench.traceparent import ROOT as NO_HEADERS

if TYPE_CHECKING:
    from opentelemetry.context import Context

DECISIONS: Final = "ninefold.sampling.decisions"
DROPS = "drops every trace, and has ids for it"
COUNTS = "drops every trace, has ids for it and counts it"


def bare() -> Workload:
    """The call of a function that does nothing."""
    return Workload(measure=lambda operations: timed(calling(lambda: None), operations))


def ninefold(headers: Mapping[str, str], number: int = 0) -> Workload:
    """`ServerTracing.begin`, as the ASGI middleware calls it; so many rules are asked."""
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    from opentelemetry.trace import get_current_span

    import ninefold as nf

    reader = InMemoryMetricReader()
    said = rules.ours(number) if number else ()
    service = nf.setup(
        "bench", sampling=nf.Sampling(default=0.0, rules=said, target_per_s=None), readers=[reader]
    )
    begin = service.tracing.begin
    raw = _raw(headers)
    request = Request()

    def one() -> None:
        trace = begin(raw, request)
        if trace is not None:
            trace.attach()
            trace.detach()

    def decided() -> int:
        return checks.added(reader, DECISIONS, decision="dropped")

    def has_ids(done: int) -> str | None:
        del done
        trace = begin(raw, request)
        assert trace is not None
        trace.attach()
        found = get_current_span().get_span_context()
        trace.detach()
        return _fault(found)

    return Workload(
        measure=lambda operations: timed(calling(one), operations),
        check=checks.both(checks.expect("dropped traces counted", decided), has_ids),
    )


def sdk_span(headers: Mapping[str, str], *, least: bool = False) -> Workload:
    """The SDK's dropped span; `least`: the context is there, and no context manager is used."""
    from opentelemetry.context import attach, detach
    from opentelemetry.propagate import extract
    from opentelemetry.trace import SpanKind, set_span_in_context

    tracer = sdk.tracing(0.0).get_tracer("bench")
    start, start_as_current = tracer.start_span, tracer.start_as_current_span
    given: Context | None = extract(headers) if headers else None

    def one() -> Any:
        context = extract(headers) if headers else None
        with start_as_current("GET", context, SpanKind.SERVER) as span:
            return span

    def bare_one() -> Any:
        span = start("GET", given, SpanKind.SERVER)
        detach(attach(set_span_in_context(span)))
        span.end()
        return span

    run = bare_one if least else one
    return Workload(
        measure=lambda operations: timed(calling(run), operations),
        check=lambda done: _fault(run().get_span_context()),
    )


def contrib(headers: Mapping[str, str]) -> Workload:
    """What opentelemetry-instrumentation-asgi does for a request, once it has its attributes."""
    from opentelemetry.context import detach
    from opentelemetry.instrumentation.asgi import asgi_getter
    from opentelemetry.instrumentation.utils import _start_internal_or_server_span
    from opentelemetry.trace import use_span

    tracer = sdk.tracing(0.0).get_tracer("bench")
    scope = {"type": "http", "headers": _raw(headers)}

    def one() -> Any:
        span, token = _start_internal_or_server_span(
            tracer, "GET", None, scope, asgi_getter, attributes=ATTRIBUTES
        )
        with use_span(span, end_on_exit=False):
            pass
        span.end()
        detach(token)
        return span

    return Workload(
        measure=lambda operations: timed(calling(one), operations),
        check=lambda done: _fault(one().get_span_context()),
    )


class Request:
    """What rules, and a span if there were one, see of a request; as the ASGI middleware has it."""

    sampled_kind = "server"

    def __init__(self) -> None:
        self._scope: dict[str, Any] = {"path": rules.PATH, "root_path": ""}
        self.method = "GET"

    @property
    def sampled_method(self) -> str:
        return self.method

    @property
    def sampled_path(self) -> str | None:
        path: str = self._scope["path"]
        root: str = self._scope.get("root_path") or ""
        inside = path.removeprefix(root)
        return inside if inside[:1] in ("", "/") else path

    @property
    def sampled_attributes(self) -> Mapping[str, object]:
        return self.span_attributes()

    def span_name(self) -> str:
        return self.method

    def span_attributes(self) -> dict[str, Any]:
        return dict(ATTRIBUTES)


def _raw(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    sent = [(b"host", b"shop.example"), (b"accept", b"*/*"), (b"user-agent", b"bench/1.0")]
    return sent + [(name.encode(), value.encode()) for name, value in headers.items()]


def _fault(found: Any) -> str | None:
    if not found.is_valid:
        return "has no ids"
    return "keeps the trace" if found.trace_flags.sampled else None


def _scenario(name: str, title: str, headers: Mapping[str, str]) -> Scenario:
    def variant(name: str, label: str, number: int) -> Variant:
        return Variant(
            name=name,
            label=label,
            build=partial(ninefold, headers, number),
            claim=COUNTS,
            environment=ours.WITH_TRACES,
        )

    return Scenario(
        name=name,
        title=title,
        operation="request",
        operations=2_000,
        warm_up=200,
        variants=(
            Variant(name="bare", label="a call", build=bare, over=None),
            Variant(name="control", label="a call again (noise)", build=bare),
            variant("ninefold", "ninefold, middleware", 0),
            variant("ninefold-10", "ninefold, middleware, 10 rules", 10),
            *(
                Variant(name=name, label=label, build=build, claim=DROPS)
                for name, label, build in (
                    ("sdk", "SDK, a dropped span", partial(sdk_span, headers)),
                    ("least", "SDK, the least of it", partial(sdk_span, headers, least=True)),
                    ("contrib", "SDK, by contrib's ASGI", partial(contrib, headers)),
                )
            ),
        ),
        goals=(
            Goal(of="ninefold", against="sdk", at_most=1 / 4),
            *(
                Goal(of=of, against=against)
                for of in ("ninefold", "ninefold-10")
                for against in ("sdk", "least", "contrib")
                if (of, against) != ("ninefold", "sdk")
            ),
        ),
    )


ROOT = _scenario("dropped-root", "A request without a caller's trace, dropped", NO_HEADERS)
REMOTE = _scenario("dropped-remote", "A request whose caller dropped the trace", NOT_SAMPLED)
