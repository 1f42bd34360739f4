"""Tells whether who asks is on this machine."""

from __future__ import annotations

import ipaddress
from typing import Final

__all__ = ["PROXIED", "is_local"]

PROXIED: Final = (
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
)
"""Headers, in lower case, by which a proxy says that it asks for another.

A mesh's sidecar asks from this machine, and often tells the scheme alone.
"""


def is_local(address: object) -> bool:
    """Whether an address is a loopback one.

    A proxy on this machine asks from here for others: whoever knows of a header that says so does
    not ask this.

    >>> is_local("127.0.0.1"), is_local("::ffff:127.0.0.1"), is_local("10.0.0.7"), is_local(None)
    (True, True, False, False)
    """
    if not isinstance(address, str):
        return False
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped.is_loopback
    return found.is_loopback
