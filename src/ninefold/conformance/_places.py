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


def from_checkout(path: str, variable: str) -> str:
    """`path` from the root of the checkout, where a CI system says it in the environment.

    The system looks for files from there, also where a check is started in a folder of a service
    of its own. Else as `beneath` the working directory.
    """
    root = os.environ.get(variable)
    if root:
        try:
            is_within = not os.path.relpath(os.curdir, root).startswith(os.pardir)
        except ValueError:  # another drive
            is_within = False
        if is_within:
            return beneath(path, root)
    return beneath(path)
