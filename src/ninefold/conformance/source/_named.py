"""Files that are named themselves: they are parsed whatever they hold."""

from __future__ import annotations

import warnings

from ninefold.conformance._facts import Unread
from ninefold.conformance.source._files import bytes_of, may_declare


def wrong_with(path: str) -> Unread | None:
    """Why the file cannot be parsed; None where it can, and where reading it has told already."""
    try:
        data = bytes_of(path)
    except OSError:
        return None
    if may_declare(data):
        return None
    from ninefold.conformance.source._module import parsed
    from ninefold.conformance.source._program import FAULTS, unparsed

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed(data)
    except FAULTS as error:
        return unparsed(path, error)
    return None
