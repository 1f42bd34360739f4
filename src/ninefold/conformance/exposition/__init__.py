"""Reads what a service exposes, Prometheus text 0.0.4 or OpenMetrics 1.0, into facts."""

from ninefold.conformance.exposition._reader import read
from ninefold.conformance.exposition._sources import fetch, read_file

__all__ = ["fetch", "read", "read_file"]
