"""A connection that comes about within a time: to an address of a name, with TLS where wanted."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from typing import Any, TypeAlias

from ninefold.health.checks._remaining import Remaining

__all__ = ["connect", "first_answering", "secure"]

Resolved: TypeAlias = tuple[int, int, int, str, "tuple[Any, ...]"]
"""One of what `socket.getaddrinfo` gives."""


def connect(host: str, port: int, remaining: Remaining) -> socket.socket:
    """Connect to the first address of `host` that answers.

    Looking the name up cannot be interrupted; the time that it takes counts.

    Raises `socket.gaierror` for a name without an address, and else as `first_answering` does.
    """
    return first_answering(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM), remaining)


def first_answering(addresses: Sequence[Resolved], remaining: Remaining) -> socket.socket:
    """Connect to one address after the other, until one answers.

    Each gets an even share of what is left, so that one that never answers leaves time for those
    after it.

    Raises the `OSError` of the last address, `TimeoutError` among them.
    """
    failed: OSError | None = None
    for tried, (family, kind, protocol, _, address) in enumerate(addresses):
        share = remaining.left() / (len(addresses) - tried)
        try:
            line = socket.socket(family, kind, protocol)
        except OSError as error:  # a family that this machine does not have
            failed = error
            continue
        try:
            line.settimeout(share)
            line.connect(address)
        except OSError as error:
            line.close()
            failed = error
        except BaseException:
            line.close()
            raise
        else:
            return line
    try:
        raise failed or OSError("there is no address")
    finally:
        failed = None  # an exception that its own frame holds keeps everything in it alive


def secure(
    line: socket.socket, context: ssl.SSLContext, server_name: str, remaining: Remaining
) -> ssl.SSLSocket:
    """Shake hands over `line`, which belongs to what is returned.

    Raises `ssl.SSLCertVerificationError` for a certificate that is not trusted, has expired or is
    another host's, `ssl.SSLError` for what is no TLS, and `TimeoutError`.
    """
    # Left to itself, wrap_socket skips the handshake of a line that was reset by now.
    secured = context.wrap_socket(line, server_hostname=server_name, do_handshake_on_connect=False)
    try:
        secured.settimeout(remaining.left())  # bounds the handshake as a whole
        secured.do_handshake()
    except BaseException:
        secured.close()
        raise
    return secured
