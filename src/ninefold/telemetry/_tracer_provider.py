"""The global tracer provider that `setup()` installs: its tracers find their process's own SDK.

A tracer taken before a fork works in the child, and one taken before the exporters exist works once
they do. A global provider can be set only once in a process's life, so this one stays, and is
pointed at the pipeline of the service that is set up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.trace import INVALID_SPAN, Link, NoOpTracerProvider, Span, SpanKind

# What the API's own `start_as_current_span` is made with: it decorates coroutine functions too.
from opentelemetry.util._decorator import (
    _agnosticcontextmanager as context_manager,
)

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.util.types import Attributes

    from ninefold.telemetry._pipeline import Pipeline

_NO_TRACES = NoOpTracerProvider()


class DelegatingTracerProvider(trace.TracerProvider):
    """A tracer provider whose tracers act through the pipeline of the present process."""

    def __init__(self) -> None:
        self.pipeline: Pipeline | None = None

    def get_tracer(
        self,
        instrumenting_module_name: str,
        instrumenting_library_version: str | None = None,
        schema_url: str | None = None,
        attributes: Attributes = None,
    ) -> trace.Tracer:
        """A tracer that stays valid over forks and over a later `setup()`."""
        return _Tracer(
            self,
            (instrumenting_module_name, instrumenting_library_version, schema_url, attributes),
        )

    def sdk_provider(self) -> trace.TracerProvider:
        """The SDK's provider in this process, or one that does nothing."""
        pipeline = self.pipeline
        if pipeline is None:
            return _NO_TRACES
        return (pipeline.built or pipeline.ensure()).tracer_provider or _NO_TRACES

    @property
    def resource(self) -> Resource | None:
        """The resource of this process's spans, or None before `setup()`."""
        return None if self.pipeline is None else self.pipeline.ensure().resource

    def add_span_processor(self, span_processor: SpanProcessor) -> None:
        """Have every span go to this processor too."""
        if self.pipeline is not None:
            self.pipeline.add_span_processor(span_processor)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Export what is held; whether it ended in time."""
        return self.pipeline is None or self.pipeline.force_flush(timeout_millis / 1000)

    def shutdown(self) -> None:
        """End the pipeline, all signals together: they share their shutdown's time."""
        if self.pipeline is not None:
            self.pipeline.shutdown(self.pipeline.settings.shutdown_timeout)


class _Tracer(trace.Tracer):
    def __init__(self, provider: DelegatingTracerProvider, scope: tuple[Any, ...]) -> None:
        self._provider = provider
        self._scope = scope
        self._found: tuple[trace.TracerProvider, trace.Tracer] = (
            _NO_TRACES,
            _NO_TRACES.get_tracer(*scope),
        )

    def _real(self) -> trace.Tracer:
        provider = self._provider.sdk_provider()
        found = self._found
        if found[0] is not provider:
            found = self._found = (provider, provider.get_tracer(*self._scope))
        return found[1]

    # The signatures of the API, which callers may use by position.
    def start_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] | None = (),
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
    ) -> Span:
        try:
            return self._real().start_span(
                name,
                context,
                kind,
                attributes,
                links,
                start_time,
                record_exception,
                set_status_on_exception,
            )
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            pipeline = self._provider.pipeline
            if pipeline is not None:
                pipeline.faults.internal_error("traces", error)
            return INVALID_SPAN

    @context_manager
    def start_as_current_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] | None = (),
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
        end_on_exit: bool = True,
    ) -> Iterator[Span]:
        span = self.start_span(
            name,
            context,
            kind,
            attributes,
            links,
            start_time,
            record_exception,
            set_status_on_exception,
        )
        if span is INVALID_SPAN:
            # In its place the caller's trace stays the present one, as the API's own tracer has it.
            yield span
            return
        with trace.use_span(
            span,
            end_on_exit=end_on_exit,
            record_exception=record_exception,
            set_status_on_exception=set_status_on_exception,
        ):
            yield span
