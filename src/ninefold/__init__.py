"""Reliability for Python services, from one declaration.

>>> import ninefold as nf
>>> service = nf.setup("checkout", version="1.4.2", environment="test", owner="payments")
>>> service.shutdown()
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ninefold._version import __version__

if TYPE_CHECKING:
    from ninefold import testing
    from ninefold.core import Runtime
    from ninefold.dependency import Dependency
    from ninefold.errors import (
        BulkheadFullError,
        CircuitOpenError,
        ConfigurationError,
        DeadlineExceededError,
        NinefoldError,
        RejectedError,
    )
    from ninefold.health import Health, checks
    from ninefold.resilience import (
        Backoff,
        Breaker,
        Budget,
        Bulkhead,
        Policy,
        Retry,
        SharedState,
        status,
    )
    from ninefold.resilience.deadline import carried, deadline, remaining
    from ninefold.sampling import Buffer, Keep, Rule, Sampler, Sampling, cap
    from ninefold.service import Service, setup
    from ninefold.sli import (
        Objective,
        availability,
        dependency_availability,
        first_byte,
        fresh,
        latency,
        quality,
        saturation,
        throughput,
    )

__all__ = [
    "Backoff",
    "Breaker",
    "Budget",
    "Buffer",
    "Bulkhead",
    "BulkheadFullError",
    "CircuitOpenError",
    "ConfigurationError",
    "DeadlineExceededError",
    "Dependency",
    "Health",
    "Keep",
    "NinefoldError",
    "Objective",
    "Policy",
    "RejectedError",
    "Retry",
    "Rule",
    "Runtime",
    "Sampler",
    "Sampling",
    "Service",
    "SharedState",
    "__version__",
    "availability",
    "cap",
    "dependency_availability",
    "carried",
    "checks",
    "deadline",
    "first_byte",
    "fresh",
    "latency",
    "quality",
    "remaining",
    "saturation",
    "setup",
    "status",
    "testing",
    "throughput",
]

# Where each name lives. Importing ninefold must cost next to nothing: a name is fetched when used.
_HOMES = {
    "Runtime": "ninefold.core",
    "Backoff": "ninefold.resilience",
    "Breaker": "ninefold.resilience",
    "Budget": "ninefold.resilience",
    "Bulkhead": "ninefold.resilience",
    "Policy": "ninefold.resilience",
    "Retry": "ninefold.resilience",
    "SharedState": "ninefold.resilience",
    "status": "ninefold.resilience",
    "carried": "ninefold.resilience.deadline",
    "deadline": "ninefold.resilience.deadline",
    "remaining": "ninefold.resilience.deadline",
    "Dependency": "ninefold.dependency",
    "BulkheadFullError": "ninefold.errors",
    "CircuitOpenError": "ninefold.errors",
    "ConfigurationError": "ninefold.errors",
    "DeadlineExceededError": "ninefold.errors",
    "NinefoldError": "ninefold.errors",
    "RejectedError": "ninefold.errors",
    "Health": "ninefold.health",
    "Buffer": "ninefold.sampling",
    "Keep": "ninefold.sampling",
    "Rule": "ninefold.sampling",
    "Sampler": "ninefold.sampling",
    "Sampling": "ninefold.sampling",
    "cap": "ninefold.sampling",
    "Service": "ninefold.service",
    "setup": "ninefold.service",
    "Objective": "ninefold.sli",
    "availability": "ninefold.sli",
    "dependency_availability": "ninefold.sli",
    "first_byte": "ninefold.sli",
    "fresh": "ninefold.sli",
    "latency": "ninefold.sli",
    "quality": "ninefold.sli",
    "saturation": "ninefold.sli",
    "throughput": "ninefold.sli",
}
_MODULES = {
    "checks": "ninefold.health.checks",
    "integrations": "ninefold.integrations",
    "testing": "ninefold.testing",
}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        value: object = getattr(import_module(_HOMES[name]), name)
    elif name in _MODULES:
        value = import_module(_MODULES[name])
    else:
        raise AttributeError(f"module 'ninefold' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
