"""What another ninefold service says of itself."""

from __future__ import annotations

import os
import re
import ssl
from dataclasses import dataclass, field
from typing import Final

import msgspec

from ninefold.errors import ConfigurationError
from ninefold.health._model import Finding, Status
from ninefold.health.checks._address import HttpAddress
from ninefold.health.checks._http import tls_of
from ninefold.health.checks._http_fetch import fetch
from ninefold.health.checks._said import said

__all__ = ["DEPTH", "NinefoldCheck", "ninefold", "reported"]

DEPTH: Final = "x-ninefold-depth"
"""The header that asks a service for what it knows first-hand: so services in a ring end."""

MOST: Final = 64 * 1024
"""Bytes of an answer that are read."""

# RFC 6750, section 2.1.
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*")


class _Cause(msgspec.Struct, frozen=True):
    name: str


class _Document(msgspec.Struct, frozen=True, rename="camel"):
    """What is read of a `/healthz`; whatever else it says is left alone."""

    status: Status
    root_cause: _Cause | None = None


@dataclass(frozen=True, slots=True)
class NinefoldCheck:
    """What `ninefold` makes."""

    address: HttpAddress
    token: str | None = field(repr=False)
    context: ssl.SSLContext | None = field(repr=False, compare=False)

    def run(self, timeout: float, /) -> Finding:
        """Ask within `timeout` seconds. Raises `OSError`, `HTTPException` and `ValueError`."""
        headers = {"Accept": "application/health+json", "User-Agent": "ninefold", DEPTH: "1"}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        elif self.address.authorization is not None:
            headers["Authorization"] = self.address.authorization
        answer = fetch(
            self.address, timeout, method="GET", headers=headers, most=MOST, tls=self.context
        )
        if answer.cut:
            raise ValueError(f"the answer is longer than {MOST} bytes")
        # Whatever the status: a service that is asked to be strict says DOWN with 503.
        try:
            return reported(answer.body)
        except ValueError as error:
            wrong = str(error)
        raise ValueError(f"answered {answer.status}, {wrong}")

    def __repr__(self) -> str:
        return f"ninefold({str(self.address)!r})"


def ninefold(
    url: str,
    *,
    token: str | None = None,
    ca_file: str | os.PathLike[str] | None = None,
) -> NinefoldCheck:
    """A check that informs: what the ninefold service at `url`, its `/healthz`, says of itself.

    What it says never decides for us: it is `up` as soon as it says anything, and its state and
    root cause are told beside, "reports DOWN, root cause psp". Two services that take each other's
    word would never come up again. Whether it can be reached at all is our own evidence: no answer,
    or one that is no such document, is a failure.

    It is asked with the header `x-ninefold-depth: 1`, upon which a ninefold service leaves out what
    it knows from others: services that ask each other make no circle.

    - `token` is sent as a bearer token, so that the answer has its details. It shows in no `repr`
      and no message.
    - `ca_file` is as for `http`. As there, the timeout is for all of it, no redirect is followed
      and no proxy used. At most 64 KB are read.

    The check raises what a connection fails with (`OSError`, `TimeoutError`, `ssl.SSLError`),
    `http.client.HTTPException` for what is no HTTP, and `ValueError` for what is no such document.

    Raises `ConfigurationError` for an argument that cannot be meant.

    >>> from ninefold.health import checks
    >>> checks.ninefold("http://orders.internal:9464/healthz", token="c2VjcmV0")
    ninefold('http://orders.internal:9464/healthz')
    """
    address = HttpAddress.of(url)
    if token is not None:
        _require_token(token)
        if address.authorization is not None:
            raise ConfigurationError(
                "a check must be given either a user in its url or a token, got both; leave one out"
            )
    return NinefoldCheck(address, token, tls_of(address, ca_file))


def _require_token(token: object) -> None:
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise ConfigurationError(
            "token must be letters, digits and -._~+/ without white space, as RFC 6750 has it"
            " (what was given is not shown); strip the line end of a file"
        )


def reported(body: bytes) -> Finding:
    """What a document says, for people; its level is always `up`.

    Raises `ValueError` for anything that is no such document, without quoting it in full.

    >>> reported(b'{"status": "DOWN", "rootCause": {"name": "psp"}}').detail
    'reports DOWN, root cause psp'
    """
    try:
        document = msgspec.json.decode(body, type=_Document)
    except (ValueError, RecursionError) as error:
        # msgspec's errors are ValueErrors, and so are those of text that is no UTF-8, which hold
        # the whole body: it is not handed on with them.
        wrong = said(str(error))
    else:
        cause = None
        if document.status in ("DEGRADED", "DOWN") and document.root_cause is not None:
            cause = said(document.root_cause.name).strip() or None
        because = "" if cause is None else f", root cause {cause}"
        return Finding("up", f"reports {document.status}{because}", cause=cause)
    raise ValueError(f"not a health document: {wrong}")
