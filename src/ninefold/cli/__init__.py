"""The command line. Each command is imported when it is called, and what it needs with it."""

from ninefold.cli._main import main

__all__ = ["main"]
