"""Whom a check over TLS trusts."""

from __future__ import annotations

import os
import ssl

from ninefold.core import shown
from ninefold.errors import ConfigurationError

__all__ = ["trust"]


def trust(ca_file: str | os.PathLike[str] | None) -> ssl.SSLContext:
    """A context that verifies certificate and host name; there is no way to leave that out.

    `ca_file` is a PEM file of the certificates to trust instead of the system's. It is read here,
    once: a service whose authority changes is started again.

    Raises `ConfigurationError` for a file that cannot be read or holds no certificate.
    """
    if ca_file is None:
        return ssl.create_default_context()
    try:
        return ssl.create_default_context(cafile=os.fspath(ca_file))
    except (OSError, TypeError) as error:  # ssl.SSLError is an OSError
        raise ConfigurationError(
            "ca_file must be the path of a PEM file with the certificates to trust, got"
            f" {shown(ca_file)}: {error}"
        ) from error
