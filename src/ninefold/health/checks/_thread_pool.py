"""The check of a thread pool: whether work waits because every thread is busy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ninefold.core import require_count, shown
from ninefold.errors import ConfigurationError
from ninefold.health._model import Finding
from ninefold.health.checks._fill import Look, look_at_threads, look_by_calling

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

__all__ = ["thread_pool"]


class Limiter(Protocol):
    """anyio's `CapacityLimiter`, as far as it is asked."""

    @property
    def borrowed_tokens(self) -> int: ...
    @property
    def total_tokens(self) -> float: ...
    def statistics(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class ThreadPool:
    """A pool of threads and how many may wait for one."""

    look: Look
    max_queue: int

    def run(self, timeout: float, /) -> Finding:
        """Read its figures; nothing is run on it."""
        return self.look().finding("threads", self.max_queue)


def thread_pool(
    executor: ThreadPoolExecutor | Limiter | None = None,
    *,
    usage: Callable[[], float] | None = None,
    limit: Callable[[], float] | float | None = None,
    max_queue: int = 0,
) -> ThreadPool:
    """Whether a pool of threads is saturated: every thread is busy, and work waits for one.

    - `executor` is a `concurrent.futures.ThreadPoolExecutor`, or a `CapacityLimiter` of anyio's,
      such as the one on which Starlette and FastAPI run functions that are not async.
    - `usage` and `limit` serve for any other pool instead: functions that tell how many threads are
      busy and how many there may be. It is saturated when all are busy.
    - `max_queue` is how many pieces of work may wait, 0 by default.

    Saturated is degraded, and noted as a pool of our own: no dependency is to blame. The pool's
    figures are read, and no work is put into it.

    Raises `ConfigurationError` for a pool that cannot be read, and for both ways at once.

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> with ThreadPoolExecutor(4) as pool:
    ...     thread_pool(pool).run(2.0).detail
    '0 of 4 threads busy'
    >>> thread_pool(usage=lambda: 40, limit=40).run(2.0).pool
    True
    """
    require_count("max_queue", max_queue)
    if executor is None:
        return ThreadPool(look_by_calling("a thread pool", usage, limit), max_queue)
    if usage is not None or limit is not None:
        raise ConfigurationError("a thread pool is given itself, or by usage= and limit=, not both")
    look = look_at_threads(executor)
    if look is None:
        raise ConfigurationError(
            "a thread pool must be a ThreadPoolExecutor or anyio's CapacityLimiter, got "
            f"{shown(executor)}; for another, pass usage= and limit="
        )
    return ThreadPool(look, max_queue)
