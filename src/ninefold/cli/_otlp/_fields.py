"""The fields of OTLP/JSON that JSON has no type for, each checked as it is read."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from ninefold.core import shown

__all__ = [
    "Base64",
    "Code",
    "Double",
    "Kind",
    "ParentId",
    "Signed",
    "SpanId",
    "TraceId",
    "Unsigned",
    "decoded",
]

_HEX: Final = re.compile(r"[0-9a-fA-F]*")
_DECIMAL: Final = re.compile(r"-?[0-9]{1,20}")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]{11}=|[A-Za-z0-9+/]{22}==")
_INFINITE: Final = {"Infinity": "inf", "-Infinity": "-inf"}


class _Hex(bytes):
    """An id."""


class TraceId(_Hex):
    """16 bytes."""


class SpanId(_Hex):
    """8 bytes."""


class ParentId(_Hex):
    """8 bytes, or none."""


class Unsigned(int):
    """A number of 64 bits."""


class Signed(int):
    """The same, with a sign."""


class Double(float):
    """A number that may be infinite, or none."""


class Base64(bytes):
    """Bytes."""


class Kind(int):
    """The kind of a span."""


class Code(int):
    """The code of a status."""


def decoded(kind: type, found: object) -> object:
    """A value of ours; msgspec adds where it is to what is wrong with it."""
    if issubclass(kind, _Hex):
        return _id(kind, found)
    if kind is Unsigned:
        return _number(kind, found, 0, (1 << 64) - 1)
    if kind is Signed:
        return _number(kind, found, -(1 << 63), (1 << 63) - 1)
    if kind is Double:
        return _double(found)
    if kind is Base64:
        return _bytes(found)
    return _member(kind, found)


def _id(kind: type[_Hex], found: object) -> _Hex:
    digits = 32 if kind is TraceId else 16
    if found == "" and kind is ParentId:
        return kind()
    if not isinstance(found, str) or len(found) != digits or _HEX.fullmatch(found) is None:
        raise ValueError(f"must be {digits} hexadecimal digits, got {shown(found)}{_hint(found)}")
    return kind(bytes.fromhex(found))


def _hint(found: object) -> str:
    # What protobuf's own mapping to JSON makes of an id, as several tools write it.
    if isinstance(found, str) and _BASE64.fullmatch(found):
        return "; that is base64, which OTLP/JSON does not have for ids"
    return ""


def _number(kind: type, found: object, least: int, most: int) -> object:
    number: int | None = None
    if isinstance(found, str) and _DECIMAL.fullmatch(found):
        number = int(found)
    elif isinstance(found, int) and not isinstance(found, bool):
        number = found
    if number is None or not least <= number <= most:
        raise ValueError(f"must be a whole number from {least} to {most}, got {shown(found)}")
    made: object = kind(number)
    return made


def _double(found: object) -> Double:
    if isinstance(found, float | int) and not isinstance(found, bool):
        return Double(found)
    try:
        if isinstance(found, str):
            return Double(_INFINITE.get(found, found))
    except ValueError:
        pass
    raise ValueError(f"must be a number, got {shown(found)}")


def _bytes(found: object) -> Base64:
    try:
        if isinstance(found, str):
            return Base64(base64.b64decode(found, validate=True))
    except binascii.Error:
        pass
    raise ValueError(f"must be base64, got {shown(found)}")


def _member(kind: type, found: object) -> object:
    """The member of an enum, which OTLP has by number; the Collector takes its name as well."""
    members = Span.SpanKind if kind is Kind else Status.StatusCode
    if isinstance(found, int) and not isinstance(found, bool):
        # Numbers of a later version are no mistake.
        return _number(kind, found, 0, (1 << 31) - 1)
    if isinstance(found, str) and found in members.keys():  # noqa: SIM118 - no mapping
        return _number(kind, members.Value(found), 0, (1 << 31) - 1)
    raise ValueError(f"must be the number of a {members.DESCRIPTOR.name}, got {shown(found)}")
