"""A certificate authority of a test's own, and what it issues, as files."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import grpc
import trustme

from tests.support.net import LOOPBACK

_BEGIN = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its private key, each a file in PEM."""

    certificate: Path
    key: Path


class Authority:
    """An authority whose files go into a directory; `root` is the certificate to trust."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir()
        self._directory = directory
        self._ca = trustme.CA()
        self.root = directory / "root.pem"
        self._ca.cert_pem.write_to_path(self.root)

    def issue(self, host: str = LOOPBACK, *, until: datetime | None = None) -> Pair:
        """Issue a certificate for a server at `host`, or for a client; it is valid `until` then."""
        made = self._ca.issue_cert(host, not_before=_BEGIN, not_after=until)
        pair = Pair(self._directory / f"{host}.pem", self._directory / f"{host}.key")
        pair.certificate.write_bytes(b"".join(blob.bytes() for blob in made.cert_chain_pems))
        made.private_key_pem.write_to_path(pair.key)
        return pair


@dataclass(frozen=True, slots=True)
class ServerTls:
    """What a server shows, and whose clients it admits; None admits all."""

    shown: Pair
    clients: Path | None = None

    def context(self) -> ssl.SSLContext:
        """For a socket."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.shown.certificate, self.shown.key)
        if self.clients is not None:
            context.load_verify_locations(self.clients)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def credentials(self) -> grpc.ServerCredentials:
        """For a gRPC server."""
        return grpc.ssl_server_credentials(
            [(self.shown.key.read_bytes(), self.shown.certificate.read_bytes())],
            root_certificates=None if self.clients is None else self.clients.read_bytes(),
            require_client_auth=self.clients is not None,
        )
