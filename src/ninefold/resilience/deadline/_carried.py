"""Takes the caller's deadline along to another thread."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextvars import copy_context
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def carried(fn: Callable[P, R]) -> Callable[P, R]:
    """Have `fn` run, in whatever thread it is called, with the deadline that holds here and now.

    For executors, which start their threads with an empty context; `asyncio.to_thread` carries it
    by itself. All other context variables go along, so a trace goes on as well. What `fn` changes
    in them stays its own, and calls at the same time do not meet. Once the block of the deadline is
    left, it holds in the other thread no longer either.

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from ninefold.resilience.deadline import deadline, remaining
    >>> with ThreadPoolExecutor() as pool, deadline(2.0):
    ...     print(pool.submit(remaining).result())
    ...     pool.submit(carried(remaining)).result() <= 2.0
    None
    True
    """
    here = copy_context()

    @functools.wraps(fn)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        # A context cannot be entered twice at once, so each call has a copy, which costs nothing.
        return here.copy().run(fn, *args, **kwargs)

    return call
