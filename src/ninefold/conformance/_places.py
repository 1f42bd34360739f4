"""Paths as they are the same wherever a check is started."""

from __future__ import annotations

import os


def beneath(path: str, folder: str = ".") -> str:
    """`path` from `folder` on, with `/`, so far as it lies beneath it; addresses as they are.

    >>> beneath("./shop//orders.py"), beneath("http://127.0.0.1:1/metrics"), beneath("<stdin>")
    ('shop/orders.py', 'http://127.0.0.1:1/metrics', '<stdin>')
    """
    if "://" in path or path.startswith("<"):
        return path
    try:
        shown = os.path.relpath(path, folder)
    except ValueError:  # another drive
        shown = path
    return (path if shown.startswith(os.pardir) else shown).replace(os.sep, "/")
