"""Reads spans from files of OTLP. Imported by the commands that need it, with protobuf."""

from ninefold.cli._otlp._file import Recording, UnreadableError

__all__ = ["Recording", "UnreadableError"]
