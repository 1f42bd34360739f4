"""What a policy is told of calls that exchange a request for a response.

A response is more than a value: it holds a connection until it is closed, its request may not be
safe to repeat, and its status says whether it is a failure though nobody said so.
"""

from __future__ import annotations

from typing import Any, Protocol

__all__ = ["Exchanges"]


class Exchanges(Protocol):
    """A kind of exchanges, such as a client's. A guarded function takes the request first.

    That is all a fallback is given of the arguments.
    """

    def is_failure(self, response: Any, /) -> bool:
        """Whether a response is a failure where the policy's `fail_on` says nothing."""
        ...

    def may_repeat(self, said: bool | None, outcome: object, request: Any, /) -> bool:
        """Whether a request that came to `outcome`, a response or an exception, may be repeated.

        `said` is what `Retry(idempotent=)` says.
        """
        ...

    def discard(self, response: Any, /) -> Any:
        """Close a response that the caller is not given; None is none. Raises no `Exception`.

        What it gives is awaited by the driver of event loops.
        """
        ...
