"""The request headers by which the scenarios' kinds of request differ."""

from __future__ import annotations

from typing import Final

_PARENT: Final = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"

ROOT: Final[dict[str, str]] = {}
NOT_SAMPLED: Final = {"traceparent": f"{_PARENT}-00"}
SAMPLED: Final = {"traceparent": f"{_PARENT}-01"}
