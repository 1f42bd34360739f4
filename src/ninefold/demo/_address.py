"""Where the storefront's services listen, and how each one says so."""

from __future__ import annotations

import socket
import sys
from typing import Final

LOOPBACK: Final = "127.0.0.1"

ANNOUNCED: Final = "listening on "
"""How the line begins on which a service says its address; it accepts connections by then."""


def is_free(port: int) -> bool:
    """Whether nobody listens on this port of loopback."""
    with socket.socket() as probe:
        if sys.platform != "win32":
            # As servers do; on Windows the option would let two listen on one port.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
