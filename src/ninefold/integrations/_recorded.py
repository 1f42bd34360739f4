"""What of a request's headers and query its span carries: what a setting allows by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, final

from ninefold.core import REDACTED, is_secret, redacted_query, redacted_text

if TYPE_CHECKING:
    from opentelemetry.util.types import AttributeValue

    from ninefold.config import Settings

__all__ = ["Recorded", "cut"]

LONGEST: Final = 1024
"""How much of what a client sent one span attribute holds, in characters; of a list, each value."""

_MOST_VALUES: Final = 16
"""How many values of a header that is sent over and over are recorded."""

_LOOKED_AT: Final = 8 * LONGEST
"""How much is searched for secrets: they must be found whole, before anything is cut off."""


def cut(text: str) -> str:
    r"""What a client sent, as far as a span attribute holds it.

    >>> len(cut("a" * 2000)), cut("lone \udcff")
    (1024, 'lone ?')
    """
    shown = text[:LONGEST]
    # Half a surrogate pair cannot be encoded: it would cost the export of all spans around it.
    return shown if shown.isascii() else shown.encode("utf-8", "replace").decode()


@final
class Recorded:
    """The headers and query parameters that are allowed by name, resolved at set-up."""

    __slots__ = ("_environ", "_headers", "_parameters")

    def __init__(self, headers: Iterable[str], parameters: Iterable[str]) -> None:
        self._headers = {name.encode("latin-1"): name for name in headers}
        self._environ = {_environ_key(name): name for name in headers}
        self._parameters = frozenset(parameters)

    @classmethod
    def allowed(cls, settings: Settings) -> Recorded | None:
        """What the settings allow; None where that is nothing, as by default."""
        if settings.record_headers or settings.record_query:
            return cls(settings.record_headers, settings.record_query)
        return None

    def of_headers(
        self, headers: Iterable[tuple[bytes, bytes]], query: str
    ) -> dict[str, AttributeValue]:
        """The attributes for the headers and the query of an ASGI scope."""
        found: dict[str, list[str]] = {}
        for key, value in headers:
            name = self._headers.get(key.lower())
            if name is not None:
                values = found.setdefault(name, [])
                if len(values) < _MOST_VALUES:
                    values.append(value.decode("latin-1"))
        return self._attributes(found, query)

    def of_environ(self, environ: Mapping[str, Any]) -> dict[str, AttributeValue]:
        """The attributes for a WSGI environ, in which a repeated header is one value."""
        found = {
            name: [environ[key]]
            for key, name in self._environ.items()
            if isinstance(environ.get(key), str)
        }
        return self._attributes(found, environ.get("QUERY_STRING", ""))

    def _attributes(
        self, headers: Mapping[str, list[str]], query: str
    ) -> dict[str, AttributeValue]:
        attributes: dict[str, AttributeValue] = {
            f"http.request.header.{name}": [
                REDACTED if is_secret(name) else cut(redacted_text(value[:_LOOKED_AT]))
                for value in values
            ]
            for name, values in headers.items()
        }
        kept = redacted_query(query[:_LOOKED_AT], self._parameters)
        if kept:
            attributes["url.query"] = cut(kept)
        return attributes


def _environ_key(name: str) -> str:
    key = name.upper().replace("-", "_")
    # These two have no prefix (PEP 3333).
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
