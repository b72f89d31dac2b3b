"""Certificates for a server on loopback: a good one, and three that must not be trusted."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

HOSTS = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True)
class Tls:
    """A server's side of TLS, and the file of the one authority that its clients trust.

    Each kind needs a folder to write to, and is wrong in nothing but what its name says.
    """

    context: ssl.SSLContext
    ca_path: Path

    @classmethod
    def good(cls, folder: Path) -> "Tls":
        """Have a certificate for 127.0.0.1 and localhost that the authority has signed."""
        return _issued(folder, *HOSTS)

    @classmethod
    def wrong_host(cls, folder: Path) -> "Tls":
        """Have a certificate for somebody else."""
        return _issued(folder, "elsewhere.example")

    @classmethod
    def expired(cls, folder: Path) -> "Tls":
        """Have a certificate that was good until yesterday."""
        return _issued(folder, *HOSTS, not_after=datetime.now(UTC) - timedelta(days=1))

    @classmethod
    def not_yet_valid(cls, folder: Path) -> "Tls":
        """Have a certificate that will be good from tomorrow on."""
        return _issued(folder, *HOSTS, not_before=datetime.now(UTC) + timedelta(days=1))

    @classmethod
    def self_signed(cls, folder: Path) -> "Tls":
        """Have a certificate that nobody but its owner has signed."""
        stranger = trustme.CA()  # an authority's own certificate is signed by itself
        path = folder / "self-signed.pem"
        path.write_bytes(stranger.private_key_pem.bytes() + stranger.cert_pem.bytes())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return cls(context, _authority(folder)[1])


TLS_KINDS = {
    "good": Tls.good,
    "wrong-host": Tls.wrong_host,
    "expired": Tls.expired,
    "not-yet-valid": Tls.not_yet_valid,
    "self-signed": Tls.self_signed,
}


def _issued(
    folder: Path,
    *hosts: str,
    not_after: datetime | None = None,
    not_before: datetime | None = None,
) -> Tls:
    authority, ca_path = _authority(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*hosts, not_after=not_after, not_before=not_before).configure_cert(context)
    return Tls(context, ca_path)


def _authority(folder: Path) -> tuple[trustme.CA, Path]:
    authority = trustme.CA()
    path = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return authority, path
