"""The closed set of `error.type` on HTTP metrics: the first rule that fits wins."""

from __future__ import annotations

from typing import Final, assert_never

from ninefold.sli.http._labels import OTHER
from ninefold.sli.http._model import Ending

__all__ = ["CANCELLED", "CLIENT_DISCONNECTED", "INCOMPLETE_RESPONSE", "TIMEOUT", "error_type"]

CLIENT_DISCONNECTED: Final = "client_disconnected"
TIMEOUT: Final = "timeout"
CANCELLED: Final = "cancelled"
INCOMPLETE_RESPONSE: Final = "incomplete_response"

_SERVER_ERRORS: Final = {status: str(status) for status in range(500, 600)}


def error_type(*, status: int | None, complete: bool, gone: bool, ending: Ending) -> str | None:
    """Say what went wrong in one exchange, in one of a closed set of words; None if nothing did.

    `status` is the one that was sent, None if the response never started. `complete` means that the
    last message of the body was handed over; `gone`, that the client was seen to leave before that,
    by a disconnect received or a send that failed. `ending` is how the call into the application
    came back; after a complete response it no longer matters.

    A status outside 100-599 is no HTTP; RFC 9110, section 15, has clients treat it as a server
    error, so it is `_OTHER`. An application that returns without a response, its client still
    there, is at fault as well (servers answer 500 for it).

    >>> error_type(status=200, complete=True, gone=False, ending=Ending.RETURNED) is None
    True
    >>> error_type(status=503, complete=True, gone=False, ending=Ending.RETURNED)
    '503'
    >>> error_type(status=200, complete=False, gone=False, ending=Ending.RAISED)
    'incomplete_response'
    """
    if status is not None:
        if not 100 <= status < 500:
            return _SERVER_ERRORS.get(status, OTHER)
        if complete and not gone:
            return None
    if gone:
        return CLIENT_DISCONNECTED
    match ending:
        case Ending.RETURNED:
            return OTHER if status is None else CLIENT_DISCONNECTED
        case Ending.EXPIRED:
            return TIMEOUT
        case Ending.CANCELLED:
            return CANCELLED
        case Ending.RAISED:
            return OTHER if status is None else INCOMPLETE_RESPONSE
        case _:
            assert_never(ending)
