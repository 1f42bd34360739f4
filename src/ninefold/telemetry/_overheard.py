"""What an exporter logs while it exports: kept for the one line that we log of its failure.

The SDK's exporters write a line at each attempt, and to a collector that is away there are many.
"""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

_heard: ContextVar[list[str] | None] = ContextVar("ninefold_overheard", default=None)


def _keep(record: logging.LogRecord) -> bool:
    """A filter: warnings of an export of ours are kept instead of logged, all else is logged."""
    heard = _heard.get()
    if heard is None or record.levelno < logging.WARNING:
        return True
    heard.append(record.getMessage())
    return False


def listen_to(exporter: object) -> None:
    """Listen to the loggers of the modules that an exporter's class comes from.

    To OpenTelemetry's alone: what an exporter of somebody else's says is meant to be read.
    """
    for each in type(exporter).__mro__:
        if each.__module__.startswith("opentelemetry."):
            # A filter that is there already is not added again.
            logging.getLogger(each.__module__).addFilter(_keep)


@contextmanager
def overheard() -> Generator[list[str]]:
    """Collect what is logged inside the block, by those who are listened to."""
    heard: list[str] = []
    token = _heard.set(heard)
    try:
        yield heard
    finally:
        _heard.reset(token)
