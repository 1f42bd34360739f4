"""Whether a call may be made once more: what is not safe to repeat is repeated only when said."""

from __future__ import annotations

from ninefold.resilience.retry._predicates import _attribute

__all__ = ["IDEMPOTENT_METHODS", "is_repeatable", "method_is_repeatable"]

# RFC 9110, section 9.2.2.
IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})

# Raised before anything was sent: httpx's, urllib3's and the standard library's.
_NEVER_SENT = frozenset(
    {
        "ConnectError",
        "ConnectTimeout",
        "ConnectionRefusedError",
        "NewConnectionError",
        "PoolTimeout",
    }
)


def is_repeatable(idempotent: bool | None, outcome: object) -> bool:
    """Whether the call that came to `outcome`, a result or an exception, may be repeated.

    Where nothing was said and the outcome tells of an HTTP request, its method decides (RFC 9110,
    section 9.2.2), unless the connection was never made. Anything else was put under a retry by
    hand, and is repeated.
    """
    if idempotent is not None:
        return idempotent
    method = _attribute(_request(outcome), "method")
    return not isinstance(method, str) or method_is_repeatable(method, outcome)


def method_is_repeatable(method: str, outcome: object) -> bool:
    """Whether an HTTP request of this method may be repeated after `outcome`."""
    if method.upper() in IDEMPOTENT_METHODS:
        return True
    return any(kind.__name__ in _NEVER_SENT for kind in type(_reason(outcome)).__mro__)


def _reason(outcome: object) -> object:
    """What went wrong, out of the wrapping that requests puts around urllib3's."""
    given = _attribute(outcome, "args")
    wrapped = _attribute(given[0], "reason") if isinstance(given, tuple) and given else None
    return wrapped if isinstance(wrapped, Exception) else outcome


def _request(outcome: object) -> object:
    found = _attribute(outcome, "request")
    return _attribute(_attribute(outcome, "response"), "request") if found is None else found
