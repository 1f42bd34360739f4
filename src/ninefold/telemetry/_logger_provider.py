"""The global logger provider that `setup()` installs: its loggers find their process's own SDK.

Frameworks use it on a request's way (FastAPI from 0.165 on logs what a handler raised), and do not
expect it to raise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry._logs import Logger, LoggerProvider, NoOpLogger
from opentelemetry.sdk.resources import Resource

if TYPE_CHECKING:
    from ninefold.telemetry._pipeline import Pipeline


class DelegatingLoggerProvider(LoggerProvider):
    """A logger provider whose loggers act through the pipeline of the present process."""

    def __init__(self) -> None:
        self.pipeline: Pipeline | None = None

    def get_logger(self, name: str, *args: Any, **kwargs: Any) -> Logger:
        """A logger that stays valid over forks and over a later `setup()`; never raises."""
        try:
            return _Logger(self, name, args, kwargs)
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            self.failed(error)
            return NoOpLogger(name)

    def failed(self, error: Exception) -> None:
        """Count a defect of ours that was kept from the application."""
        if self.pipeline is not None:
            self.pipeline.faults.internal_error("logs", error)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Export what is held; whether it ended in time."""
        return self.pipeline is None or self.pipeline.force_flush(timeout_millis / 1000)

    def shutdown(self) -> None:
        """End the pipeline, all signals together: they share their shutdown's time."""
        if self.pipeline is not None:
            self.pipeline.shutdown(self.pipeline.settings.shutdown_timeout)


class _Logger(Logger):
    def __init__(
        self,
        provider: DelegatingLoggerProvider,
        name: str,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        super().__init__(name)
        self._provider = provider
        self._scope = (name, args, kwargs)
        self._found: tuple[Any, Any] = (None, NoOpLogger(name))

    def _real(self) -> Any:
        pipeline = self._provider.pipeline
        provider = (
            None if pipeline is None else (pipeline.built or pipeline.ensure()).logger_provider
        )
        found = self._found
        if found[0] is not provider:
            name, args, kwargs = self._scope
            logger = (
                NoOpLogger(name) if provider is None else provider.get_logger(name, *args, **kwargs)
            )
            found = self._found = (provider, logger)
        return found[1]

    @property
    def resource(self) -> Resource:
        """The resource of this process's records, which older SDKs' handlers ask a logger for."""
        pipeline = self._provider.pipeline
        if pipeline is None:
            return Resource.get_empty()
        return (pipeline.built or pipeline.ensure()).resource

    def emit(self, *args: Any, **kwargs: Any) -> None:
        try:
            self._real().emit(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            self._provider.failed(error)

    def enabled(self, *args: Any, **kwargs: Any) -> bool:
        # Newer SDKs have it: whether a record would go anywhere at all.
        try:
            real = self._real()
            return bool(real.enabled(*args, **kwargs)) if hasattr(real, "enabled") else True
        except Exception as error:  # noqa: BLE001 - telemetry never raises into the application
            self._provider.failed(error)
            return False
