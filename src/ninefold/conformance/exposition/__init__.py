"""Reads what a service exposes, Prometheus text 0.0.4 or OpenMetrics 1.0, into facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ninefold.conformance.exposition._reader import read
from ninefold.conformance.exposition._sources import read_file, read_stream

if TYPE_CHECKING:
    from ninefold.conformance.exposition._address import fetch

__all__ = ["fetch", "read", "read_file", "read_stream"]


def __getattr__(name: str) -> object:
    # Few runs ask an address, and few of them wait for threads.
    if name == "fetch":
        from ninefold.conformance.exposition._address import fetch

        return fetch
    raise AttributeError(f"module 'ninefold.conformance.exposition' has no attribute {name!r}")
