"""Where the installed `ninefold` starts: `check` goes its own, shorter way."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command that the arguments name."""
    if sys.argv[1:2] == ["check"]:
        from ninefold.cli._check import main as check

        sys.exit(check(sys.argv[2:]))
    from ninefold.cli._main import main as commands

    commands()
