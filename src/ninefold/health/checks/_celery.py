"""The check of Celery: whether the broker can be reached and enough workers answer."""

from __future__ import annotations

import time
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from ninefold.core import require_count
from ninefold.errors import ConfigurationError
from ninefold.health._model import Finding

__all__ = ["celery"]

# Of what is left once the broker answers, how much passes without an answer until none is awaited.
_SILENCE = 0.7


@dataclass(frozen=True, slots=True)
class Celery:
    """An application of Celery's and how many of its workers are to answer."""

    app: Any = field(repr=False)
    workers: int

    def run(self, timeout: float, /) -> Finding:
        """Ping the workers on a connection of its own."""
        end = time.monotonic() + timeout
        with self.app.connection_for_write(
            connect_timeout=timeout, transport_options=_options(timeout)
        ) as connection:
            # Without these it would try a hundred times, or for ever.
            connection.ensure_connection(
                max_retries=1, interval_start=0, interval_step=0, timeout=timeout
            )
            # The mailbox would send through the application's own pool, which retries in its way.
            mailbox = copy(self.app.control.mailbox(connection))
            mailbox._producer_pool = None
            answers = mailbox.multi_call(
                "ping",
                timeout=max(end - time.monotonic(), 0.01) * _SILENCE,
                limit=self.workers,
                channel=connection.default_channel,
            )
        names = sorted({name for answer in answers or () for name in answer})
        up = min(len(names), self.workers)
        if up == self.workers:
            return Finding("up", f"answered: {', '.join(names)}", up=up, of=self.workers)
        return Finding(
            "degraded" if up else "down",
            f"{up} of {self.workers} workers answered",
            up=up,
            of=self.workers,
        )


def celery(app: Any, *, workers: int = 1) -> Celery:
    """Whether the workers of a Celery application answer a ping through the broker.

    `workers` is how many are to answer, 1 by default; the probe ends when so many did. The finding
    counts them (`up`, `of`), so that the dependency's quorum decides, more than half by default;
    without any it is down. A worker whose every process is busy still answers: a ping is answered
    beside the tasks, except in a worker of the pool `solo`.

    A broker that cannot be reached, or falls silent, raises as its transport does, within about
    the timeout: each probe has a connection of its own, which does not retry.

    Raises `ConfigurationError` for what is no application, and for fewer workers than 1.

    >>> import celery as library
    >>> app = library.Celery("shop", broker="memory://")
    >>> celery(app).run(0.2).detail
    '0 of 1 workers answered'
    """
    require_count("workers", workers, minimum=1)
    if not hasattr(app, "control") or not callable(getattr(app, "connection_for_write", None)):
        raise ConfigurationError(
            f"celery(app) must be a Celery application, got an object of type "
            f"{type(app).__qualname__}"
        )
    return Celery(app, workers)


def _options(timeout: float) -> dict[str, Any]:
    """How each transport is told to give up; each reads its own and leaves the rest."""
    return {
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0,
        # Redis
        "socket_timeout": timeout,
        "socket_connect_timeout": timeout,
        "retry_on_timeout": False,
        # A closing connection waits for the last of these, 1 second without this.
        "polling_interval": max(timeout * _SILENCE / 5, 0.01),
        # AMQP
        "read_timeout": timeout,
        "write_timeout": timeout,
    }
