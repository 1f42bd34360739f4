"""Whether a URL answers as it should."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias, cast

from ninefold.core import kind_of_call, require_between, require_count, require_one_of, shown
from ninefold.errors import ConfigurationError
from ninefold.health._model import Finding
from ninefold.health.checks._address import HttpAddress
from ninefold.health.checks._http_fetch import fetch
from ninefold.health.checks._trust import trust

__all__ = ["Expected", "HttpCheck", "http", "tls_of"]

Expected: TypeAlias = int | Collection[int] | Callable[[int], bool]
"""A status, several, or a function that says whether one is well."""

MOST: Final = 16 * 1024
"""Bytes of an answer that are read."""

_METHODS: Final = ("GET", "HEAD", "OPTIONS", "POST")
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_OURS: Final = ("connection", "content-length", "transfer-encoding")


@dataclass(frozen=True, slots=True)
class HttpCheck:
    """What `http` makes."""

    address: HttpAddress
    method: str
    expect: Collection[int] | Callable[[int], bool]
    headers: Mapping[str, str] = field(repr=False)
    context: ssl.SSLContext | None = field(repr=False, compare=False)

    def run(self, timeout: float, /) -> Finding:
        """Ask within `timeout` seconds. Raises `OSError` and `http.client.HTTPException`."""
        answer = fetch(
            self.address,
            timeout,
            method=self.method,
            headers=self.headers,
            most=MOST,
            tls=self.context,
        )
        if callable(self.expect):
            well = bool(self.expect(answer.status))
        else:
            well = answer.status in self.expect
        return Finding("up" if well else "down", f"answered {answer.status}")

    def __repr__(self) -> str:
        return f"http({str(self.address)!r}, method={self.method!r})"


def http(
    url: str,
    *,
    method: str = "GET",
    expect: Expected = range(200, 400),
    headers: Mapping[str, str] | None = None,
    ca_file: str | os.PathLike[str] | None = None,
) -> HttpCheck:
    """A check: `url` answers, within the probe's timeout as a whole, with a status that is well.

    - `method` is `GET` by default; `HEAD`, `OPTIONS` and `POST`, without a body, are the others.
    - `expect` is a status, several, or a function of one; 200 to 399 by default. A redirect is an
      answer, and not followed.
    - `headers` are sent too. They, the URL's query, and its user and password, which are sent as
      Basic authorization, show in no `repr` and no message.
    - `ca_file` is a PEM file of what to trust instead of the system's authorities, read once, here.
      Certificate and host name are always verified.

    No proxy of the environment is used, and no more than 16 KB of the answer are read. An answer
    that never ends within that and the time has failed: ask what streams by `HEAD`.

    Another status finds `down`, "answered 503". The check raises what a connection fails with
    (`OSError`, `TimeoutError`, `ssl.SSLError`) and `http.client.HTTPException` for what is no HTTP.

    Raises `ConfigurationError` for an argument that cannot be meant.

    >>> from ninefold.health import checks
    >>> checks.http("https://me:secret@psp.example/health?key=abc", expect=204)
    http('https://psp.example/health?…', method='GET')
    """
    address = HttpAddress.of(url)
    require_one_of("method", method, _METHODS)
    sent = _sent(headers)
    if address.authorization is not None:
        if "authorization" in map(str.lower, sent):
            raise ConfigurationError(
                "a check must be given either a user in its url or the header Authorization, got"
                " both; leave one out"
            )
        sent["Authorization"] = address.authorization
    return HttpCheck(address, method, _expected(expect), sent, tls_of(address, ca_file))


def tls_of(address: HttpAddress, ca_file: str | os.PathLike[str] | None) -> ssl.SSLContext | None:
    """Whom to trust at an https URL; None at any other, where a `ca_file` is a mistake."""
    if address.scheme == "https":
        context = trust(ca_file)
        context.set_alpn_protocols(["http/1.1"])
        return context
    if ca_file is not None:
        raise ConfigurationError(
            "ca_file is for https:// URLs, got one of http://; write https:// or leave ca_file out"
        )
    return None


def _expected(expect: object) -> Collection[int] | Callable[[int], bool]:
    if callable(expect) and not isinstance(expect, type):
        if kind_of_call(expect) != "function":
            raise ConfigurationError(
                f"expect must be a plain function, got {shown(expect)}, whose call gives something"
                " that is always true; leave out async and yield"
            )
        return cast(Callable[[int], bool], expect)
    several = frozenset({expect}) if isinstance(expect, int) else expect
    if isinstance(several, (str, bytes)) or not isinstance(several, Collection) or not several:
        raise ConfigurationError(
            "expect must be a status, a collection of some, or a function of one, as 204,"
            f" range(200, 300) or lambda status: status < 500, got {shown(expect)}"
        )
    for status in several:
        require_count("a status of expect", status)
        require_between("a status of expect", status, 100, 599)
    return frozenset(several)


def _sent(headers: object) -> dict[str, str]:
    """The headers, checked here: http.client's own error would show a value that is wrong."""
    if headers is None:
        headers = {}
    if not isinstance(headers, Mapping):
        raise ConfigurationError(
            "headers must be a mapping of names to text, as {'Host': 'shop.example'}, got a"
            f" {type(headers).__name__}"
        )
    for name, value in headers.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name.lower() in _OURS:
            raise ConfigurationError(
                "a header's name must be a token that the request does not set itself, got"
                f" {shown(name)}; leave it out"
            )
        if not isinstance(value, str) or not _VALUE.fullmatch(value):
            raise ConfigurationError(
                f"the header {name!r} must be text of one line, in Latin-1 (its value is not"
                " shown, as it may be a secret)"
            )
    ours = {} if "user-agent" in map(str.lower, headers) else {"User-Agent": "ninefold"}
    return {**ours, **headers}
