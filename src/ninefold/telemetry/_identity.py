"""Who OTLP trusts and who it says it is: certificates and keys, read and tried at set-up.

An export would fail where nobody looks, and a key with a password would ask for it on the terminal.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ninefold.errors import ConfigurationError

if TYPE_CHECKING:
    from ninefold.config import OtlpSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The content of the three files, in PEM; the key is never shown."""

    certificate: bytes | None
    client_key: bytes | None
    client_certificate: bytes | None

    def __repr__(self) -> str:
        return "Identity(…)"


def read_identity(target: OtlpSettings) -> Identity:
    """Read the files that a signal's settings name. Raises `ConfigurationError` for a wrong one."""
    identity = Identity(
        certificate=_content("certificate", target.certificate),
        client_key=_content("client_key", target.client_key),
        client_certificate=_content("client_certificate", target.client_certificate),
    )
    _try_certificate(target.certificate)
    _try_client(target.client_certificate, target.client_key)
    return identity


def _content(setting: str, path: str | None) -> bytes | None:
    if path is None:
        return None
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise _wrong(setting, path, f"cannot be read: {error.strerror}") from error


def _try_certificate(path: str | None) -> None:
    # A directory of certificates is none of OpenTelemetry's variables.
    if path is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except (ssl.SSLError, OSError):
        raise _wrong("certificate", path, "holds no certificate in PEM") from None


def _try_client(certificate: str | None, key: str | None) -> None:
    if certificate is None:
        if key is not None:
            raise _wrong("client_key", key, "has no client_certificate beside it")
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, key, _no_password)
    except (ssl.SSLError, OSError, ValueError):
        beside = "its private key" if key is None else f"the private key for it in {key!r}"
        what = f"is no certificate in PEM with {beside}, or that key wants a password"
        raise _wrong("client_certificate", certificate, what) from None


def _no_password() -> bytes:
    return b""


def _wrong(setting: str, path: str, what: str) -> ConfigurationError:
    return ConfigurationError(
        f"the file {path!r} of the setting otlp.{setting} {what}; correct"
        f" OTEL_EXPORTER_OTLP_{setting.upper()}, or leave it out"
    )
