"""Paths as services that show findings in a repository want them."""

from __future__ import annotations

import os


def relative(path: str) -> str:
    """`path` from the working directory, with `/`, so far as it lies beneath it."""
    if "://" in path or path.startswith("<"):
        return path
    beneath = os.path.relpath(path)
    shown = path if beneath.startswith(os.pardir) else beneath
    return shown.replace(os.sep, "/")
