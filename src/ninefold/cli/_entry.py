"""Where the installed `ninefold` starts: `check` goes its own, shorter way."""

from __future__ import annotations

import os
import sys
from typing import NoReturn


def main() -> None:
    """Run the command that the arguments name."""
    if sys.argv[1:2] == ["check"]:
        from ninefold.cli._check import main as check

        _end(check(sys.argv[2:]))
    from ninefold.cli._main import main as commands

    commands()


def _end(code: int) -> NoReturn:
    """End at once: to take down all that was parsed takes as long as the rules do."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        pass  # nobody reads it any more, or the disk is full
    os._exit(code)
