"""ninefold and its peers as decorators: retry, breaker, and both together, with like numbers.

Nobody waits between attempts, so that a check comes to its end; no call that goes well gets there.
"""

from __future__ import annotations

import warnings
from typing import Any

from bench.guarded import ATTEMPTS, NAME, Broken, Decorator

WINDOW_CALLS = 100
WINDOW_SECONDS = 30
LEAST_CALLS = 10


def ninefold_retry() -> Decorator:
    """`nf.Retry` by itself, which has no name and so no metrics."""
    return _retry()


def ninefold_breaker() -> Decorator:
    """A policy with a breaker of a time window, as it is by default."""
    import ninefold as nf

    return nf.Policy(NAME, breaker=nf.Breaker())


def ninefold_retry_breaker() -> Decorator:
    """A policy with both."""
    import ninefold as nf

    return nf.Policy(NAME, retry=_retry(), breaker=nf.Breaker())


def ninefold_budget() -> Decorator:
    """A policy with both, and a budget for the retries."""
    import ninefold as nf

    return nf.Policy(NAME, retry=_retry(budget=nf.Budget()), breaker=nf.Breaker())


def _retry(**options: Any) -> Any:
    import ninefold as nf
    from ninefold.core import Runtime

    runtime = Runtime(sleep=lambda seconds: None, async_sleep=_no_sleep)
    return nf.Retry(on=Broken, attempts=ATTEMPTS, runtime=runtime, **options)


async def _no_sleep(seconds: float) -> None:
    del seconds


def tenacity() -> Decorator:
    """Tenacity's decorator."""
    from tenacity import retry, retry_if_exception_type, stop_after_attempt

    return retry(
        retry=retry_if_exception_type(Broken), stop=stop_after_attempt(ATTEMPTS), reraise=True
    )


def stamina() -> Decorator:
    """Stamina's decorator, without its hooks."""
    import stamina
    from stamina.instrumentation import set_on_retry_hooks

    set_on_retry_hooks([])
    return stamina.retry(on=Broken, attempts=ATTEMPTS, wait_initial=0, wait_jitter=0, wait_max=0)


def backoff() -> Decorator:
    """Backoff's decorator."""
    import backoff

    return backoff.on_exception(
        backoff.constant, Broken, max_tries=ATTEMPTS, interval=0, jitter=None, logger=None
    )


def hyx_retry() -> Decorator:
    """Hyx' decorator; for async functions alone."""
    from hyx.retry import retry

    return retry(on=Broken, attempts=ATTEMPTS, backoff=0.0001)


def pyresilience_retry() -> Decorator:
    """Pyresilience with a retry alone."""
    from pyresilience import RetryConfig, resilient

    return resilient(retry=RetryConfig(max_attempts=ATTEMPTS, delay=0, retry_on=(Broken,)))


def interlock_breaker(*, time: bool) -> Decorator:
    """Interlock's breaker with a window of the last calls, its default, or of the last seconds."""
    from interlock import CircuitBreaker, Config, WindowType

    config = Config(
        window_type=WindowType.TIME_BASED if time else WindowType.COUNT_BASED,
        window_size=WINDOW_SECONDS if time else WINDOW_CALLS,
        minimum_number_of_calls=LEAST_CALLS,
    )
    return CircuitBreaker(name=NAME, config=config)


def interlock_pipeline(*, time: bool) -> Decorator:
    """Interlock's pipeline of a retry, which is tenacity's, and a breaker."""
    from interlock import CircuitBreakerStrategy, Pipeline
    from interlock.integrations.tenacity import RetryStrategy, retry_unless_open
    from tenacity import wait_none

    breaker: Any = interlock_breaker(time=time)
    retry = RetryStrategy(attempts=ATTEMPTS, retry=retry_unless_open(Broken), wait=wait_none())
    return Pipeline(retry, CircuitBreakerStrategy(breaker))


def pyresilience(*, window: bool, retry: bool = False) -> Decorator:
    """Pyresilience's breaker; its window is of the last calls, and it has none by default."""
    from pyresilience import CircuitBreakerConfig, RetryConfig, resilient

    breaker = CircuitBreakerConfig(
        sliding_window_size=WINDOW_CALLS if window else 0, minimum_calls=LEAST_CALLS
    )
    again = RetryConfig(max_attempts=ATTEMPTS, delay=0, retry_on=(Broken,)) if retry else None
    return resilient(circuit_breaker=breaker, retry=again)


def pybreaker() -> Decorator:
    """Pybreaker's breaker, which counts failures in a row; for functions that are not async."""
    import pybreaker

    return pybreaker.CircuitBreaker(name=NAME)


def aiobreaker() -> Decorator:
    """Aiobreaker's breaker, which counts failures in a row."""
    import aiobreaker

    return aiobreaker.CircuitBreaker(name=NAME)


def hyx_breaker() -> Decorator:
    """Hyx' breaker, which counts failures in a row; for async functions alone."""
    from hyx.circuitbreaker import consecutive_breaker

    return consecutive_breaker()


def purgatory(*, is_async: bool) -> Decorator:
    """Purgatory's breaker, which counts failures in a row."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it asks pkg_resources for its version
        import purgatory

    kind = purgatory.AsyncCircuitBreakerFactory if is_async else purgatory.SyncCircuitBreakerFactory
    return kind()(NAME)


def tenacity_pybreaker() -> Decorator:
    """Tenacity around pybreaker, as is usual."""
    outer, inner = tenacity(), pybreaker()
    return lambda fn: outer(inner(fn))


def tenacity_aiobreaker() -> Decorator:
    """Tenacity around aiobreaker: what there is for async functions."""
    outer, inner = tenacity(), aiobreaker()
    return lambda fn: outer(inner(fn))
