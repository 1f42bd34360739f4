"""A file of OTLP traces, however it is written: JSON or protobuf, compressed or not."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Final, TypeAlias, cast

import click
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans

from ninefold.cli._otlp import _json, _protobuf
from ninefold.cli._otlp._spans import spans_of
from ninefold.cli._otlp._wrong import WrongError
from ninefold.sampling.simulation import Span

__all__ = ["Recording", "UnreadableError"]

_Stream: TypeAlias = io.BufferedReader
_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_LOOKED_AT: Final = 64
"""Bytes by which the format is recognised."""


class UnreadableError(click.ClickException):
    """A file that cannot be read, or is no OTLP."""

    exit_code = 2


class Recording:
    """The spans of a file, `-` for standard input.

    Read once, from the front, one message at a time; a JSON document on more than one line is read
    as a whole. `others` counts the lines with metrics or logs, which a Collector may write into the
    same file.
    """

    def __init__(self, name: str) -> None:
        self.name = "standard input" if name == "-" else name
        self._path = name
        self.others = 0

    def spans(self) -> Iterator[Span]:
        """Each span. Raises `UnreadableError`, which says where, at the first mistake."""
        with self._opened() as stream:
            try:
                for where, found in self._messages(stream):
                    try:
                        yield from spans_of(found)
                    except WrongError as error:
                        raise UnreadableError(f"{self.name}, {where}: {error}") from None
            except WrongError as error:
                raise UnreadableError(f"{self.name}, {error}") from None
            except EOFError:
                raise UnreadableError(
                    f"{self.name} ends within its gzip; it was cut off: record or copy it again"
                ) from None
            except (OSError, zlib.error) as error:
                raise UnreadableError(f"{self.name} cannot be read: {error}") from error

    @contextmanager
    def _opened(self) -> Generator[_Stream, None, None]:
        if self._path == "-":
            yield _decompressed(_buffered(sys.stdin.buffer))
            return
        try:
            opened = open(self._path, "rb")  # noqa: SIM115 - closed below, by `with`
        except OSError as error:
            raise UnreadableError(
                f"{self.name} cannot be read: {error.strerror or error}; name a file of OTLP, or -"
                " for standard input"
            ) from error
        with opened:
            yield _decompressed(opened)

    def _messages(self, stream: _Stream) -> Iterator[tuple[str, ResourceSpans]]:
        start = _start_of(stream)
        if not start.strip():
            raise UnreadableError(
                f"{self.name} is empty: it has no span"
                if len(start) < _LOOKED_AT
                else f"{self.name} begins with {len(start)} bytes of white space, as no OTLP does"
            )
        if _ZSTD in (start[:4], start[4:8]):
            raise UnreadableError(
                f"{self.name} is compressed with zstd; leave `compression` out of the Collector's"
                " file exporter, or recompress it with gzip"
            )
        if _json.is_begun(start):
            for where, found in _json.messages(stream):
                if found is None:
                    self.others += 1
                else:
                    for each in found:
                        yield where, each
        else:
            yield from _protobuf.messages(stream, start)


def _decompressed(raw: _Stream) -> _Stream:
    if _start_of(raw)[:2] != _GZIP:
        return raw
    return _buffered(gzip.GzipFile(fileobj=raw))


def _buffered(raw: object) -> _Stream:
    # It takes whatever has `readinto`; type checkers want a name for that.
    return cast("_Stream", io.BufferedReader(cast("io.RawIOBase", raw)))


def _start_of(stream: _Stream) -> bytes:
    # One peek may give less than was asked for: a pipe has what has come so far.
    return stream.peek(_LOOKED_AT)[:_LOOKED_AT]
