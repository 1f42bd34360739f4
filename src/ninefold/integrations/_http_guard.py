"""What of HTTP a policy must know: what is a failure, what may be sent twice, what time is left.

The same for every client; the drivers, `_httpx_guard` and `_requests_guard`, do what it says.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, MutableMapping
from typing import Any, Final, final

from ninefold.core import shown
from ninefold.dependency import Dependency
from ninefold.errors import ConfigurationError, DeadlineExceededError
from ninefold.resilience import Policy
from ninefold.resilience.deadline import HEADER, header_value, parse_header, remaining
from ninefold.resilience.retry import method_is_repeatable

__all__ = [
    "SHORTEST",
    "HttpExchanges",
    "header_told",
    "policy_of",
    "put_back",
    "time_left",
]

_log = logging.getLogger("ninefold.resilience")

SHORTEST: Final = 0.001
"""No timeout is shorter, in seconds: 0 means to a socket that it must not wait at all."""


def policy_of(guard: Dependency | Policy) -> Policy:
    """The policy that a client was given, or its dependency's. Raises `ConfigurationError`."""
    policy = guard.policy if isinstance(guard, Dependency) else guard
    if not isinstance(policy, Policy):
        raise ConfigurationError(
            "a client is guarded by what service.dependency() returned, or an nf.Policy, got"
            f" {shown(guard)}"
        )
    if policy.name is None:
        raise ConfigurationError(
            "the policy that guards a client must have a name: write nf.Policy('search', ...), or"
            " give it to service.dependency(name, policy=...) and guard by that"
        )
    return policy


@final
class HttpExchanges:
    """What is known of one client's requests and responses."""

    __slots__ = ("_close", "_is_replayable", "_name", "_told")

    def __init__(
        self, name: str, *, is_replayable: Callable[[Any], bool], close: Callable[[Any], Any]
    ) -> None:
        self._name = name
        self._is_replayable = is_replayable
        self._close = close
        self._told = False

    def is_failure(self, response: Any, /) -> bool:
        """5xx: the server says that the fault is its own (RFC 9110, section 15.6)."""
        status = getattr(response, "status_code", None)
        return isinstance(status, int) and status >= 500

    def may_repeat(self, said: bool | None, outcome: object, request: Any, /) -> bool:
        """Whether a request may be sent once more: its method says so, and its body is there.

        The method decides where nothing was said, unless the connection was never made.
        """
        if said is None:
            said = method_is_repeatable(request.method or "", outcome)
        if not said or self._is_replayable(request):
            return said
        if not self._told:
            self._told = True
            _log.warning(
                "a request to %r is not tried again, as its body is a stream that is used up; give"
                " the body as bytes to have it sent again (said once)",
                self._name,
            )
        return False

    def discard(self, response: Any, /) -> Any:
        """Close a response that nobody is given."""
        return self._close(response)


def time_left(name: str) -> float | None:
    """Seconds left for an attempt on `name`, None where nothing bounds it.

    Raises `DeadlineExceededError` where the time is over: what is sent now could not be answered.
    """
    left = remaining()
    if left is not None and left <= 0.0:
        raise DeadlineExceededError(name)
    return left


def header_told(headers: MutableMapping[str, Any], left: float) -> str | None:
    """Tell the server in how many seconds an answer is awaited; give what the header said before.

    It is put back when the attempt is over. One that the application set itself is not exceeded.
    """
    before = headers.get(HEADER)
    own = parse_header(before)
    headers[HEADER] = header_value(left if own is None else min(left, own))
    return before if isinstance(before, str) else None


def put_back(headers: MutableMapping[str, Any], before: str | None) -> None:
    """Have the header say what it said before: a redirect's request inherits it."""
    if before is None:
        headers.pop(HEADER, None)
    else:
        headers[HEADER] = before
