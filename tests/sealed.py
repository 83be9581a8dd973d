"""Keys of an app with API security: those of the exporter as files, and WeChat's side of them."""

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from exporter.simulator import SimulatedApp, SimulatedKeys
from tests.support import beijing

SYMMETRIC = bytes(range(32))
SYMMETRIC_TEXT = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
PRESENT, COMING = "platform-1", "platform-2"


@cache
def rsa_key(name: str) -> RSAPrivateKey:
    """A key for a purpose: making one takes a while, so each is made once."""
    del name
    return generate_private_key(65537, 2048)


def private_pem(
    key: RSAPrivateKey, form: PrivateFormat = PrivateFormat.TraditionalOpenSSL
) -> bytes:
    """A private key as the console gives it."""
    return key.private_bytes(Encoding.PEM, form, NoEncryption())


def certificate_pem(key: RSAPrivateKey) -> bytes:
    """A certificate of a platform key."""
    begin = beijing("2026-01-01 00:00")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "platform")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(10868)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=365))
        .sign(key, SHA256())
        .public_bytes(Encoding.PEM)
    )


@dataclass(frozen=True)
class Console:
    """The keys of an app on both sides, and the folder that holds the exporter's."""

    folder: Path

    def encryption(
        self,
        *platform: str,
        private: str = "app",
        **changes: Any,  # noqa: ANN401
    ) -> dict[str, Any]:
        """The section `encryption`, with certificates of those numbers, the present by default."""
        return {
            "symmetric_key_file": str(self._file("symmetric", SYMMETRIC_TEXT.encode())),
            "symmetric_serial": "symmetric-1",
            "private_key_file": str(self._file("private.pem", private_pem(rsa_key(private)))),
            "private_key_serial": "private-1",
            "platform_certificate_files": {
                serial: str(self._file(f"{serial}.pem", certificate_pem(rsa_key(serial))))
                for serial in platform or (PRESENT,)
            },
        } | changes

    def _file(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path


def with_keys(app: SimulatedApp, *platform: str) -> SimulatedApp:
    """An app that has API security on, WeChat signing with the first of these numbers."""
    keys = SimulatedKeys(
        "symmetric-1",
        SYMMETRIC,
        rsa_key("app").public_key(),
        {serial: rsa_key(serial) for serial in platform or (PRESENT,)},
    )
    return replace(app, keys=keys)
