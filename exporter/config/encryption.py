"""The keys of WeChat's API security: their files read, and refused where they are others."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, PrivateAttr, StringConstraints, field_validator

from exporter.config.section import Section, Text
from exporter.errors import ConfigError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

AES_256_BYTES, SM4_BYTES = 32, 16
# The numbers that the console shows beside keys and certificates.
Serial = Annotated[str, StringConstraints(pattern=r"^[0-9a-zA-Z_-]+$", max_length=64, strict=True)]
CHOOSE = "choose AES256_GCM and RSAwithSHA256 in the console"


class Encryption(Section):
    """Keys of an app that has API security switched on, and the numbers the console gives them."""

    # So that an app whose files hold other keys than before is another one.
    _fingerprint: bytes = PrivateAttr(b"")

    symmetric_key_file: Text
    symmetric_serial: Serial
    private_key_file: Text
    private_key_serial: Serial
    platform_certificate_files: Annotated[dict[Serial, Text], Field(min_length=1)]

    @field_validator("symmetric_key_file")
    @classmethod
    def _symmetric(cls, value: str) -> str:
        read_symmetric_key(value)
        return value

    @field_validator("private_key_file")
    @classmethod
    def _private(cls, value: str) -> str:
        read_private_key(value)
        return value

    @field_validator("platform_certificate_files")
    @classmethod
    def _platform(cls, value: dict[str, str]) -> dict[str, str]:
        for path in value.values():
            read_platform_key(path)
        return value

    def model_post_init(self, _: object) -> None:
        files = self.symmetric_key_file, self.private_key_file
        contents = map(_content, (*files, *self.platform_certificate_files.values()))
        self._fingerprint = b"".join(sha256(content).digest() for content in contents)


@dataclass(frozen=True, slots=True)
class Keys:
    """What seals an app's calls and opens the replies; platform keys by the console's number."""

    symmetric_serial: str
    symmetric: bytes = field(repr=False)
    private_serial: str
    private: "RSAPrivateKey" = field(repr=False)
    platform: Mapping[str, "RSAPublicKey"]


def open_keys(app: str, encryption: Encryption) -> Keys:
    """The keys in an app's files. Raises ConfigError when they changed since they were checked."""
    try:
        return Keys(
            encryption.symmetric_serial,
            read_symmetric_key(encryption.symmetric_key_file),
            encryption.private_key_serial,
            read_private_key(encryption.private_key_file),
            {
                serial: read_platform_key(path)
                for serial, path in encryption.platform_certificate_files.items()
            },
        )
    except ValueError as error:
        raise ConfigError([f"app {app}: encryption: {error}"]) from None


def read_symmetric_key(path: str) -> bytes:
    """The AES-256 key in a file that holds its base64. Raises ValueError."""
    text = b"".join(_content(path).split())
    try:
        key = base64.b64decode(text.rstrip(b"=") + b"=" * (-len(text.rstrip(b"=")) % 4), None, True)
    except binascii.Error:
        raise ValueError(
            f"{path} is no symmetric key: it holds the base64 that the console shows"
        ) from None
    if len(key) == SM4_BYTES:
        raise ValueError(f"{path} holds a key for SM4, which is not supported: {CHOOSE}")
    if len(key) != AES_256_BYTES:
        raise ValueError(f"{path} holds a key of {8 * len(key)} bits, one for AES-256 has 256")
    return key


def read_private_key(path: str) -> "RSAPrivateKey":
    """The RSA key in a PEM file, PKCS#1 or PKCS#8. Raises ValueError."""
    content = _pem(path)
    from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    if b"PUBLIC KEY-----" in content:
        raise ValueError(
            f"{path} holds the public key: the console gives the private one after 生成密钥"
        )
    try:
        # Its numbers are tried below: the library's own check takes 0.1 s, of many apps minutes.
        key = load_pem_private_key(content, None, unsafe_skip_rsa_key_validation=True)
    except TypeError:
        raise ValueError(f"{path} is protected by a password: save it without one") from None
    except UnsupportedAlgorithm:
        raise ValueError(f"{path} holds no RSA key; SM2 is not supported: {CHOOSE}") from None
    except ValueError:
        raise ValueError(f"{path} holds no private key in PEM") from None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError(f"{path} holds no RSA key; SM2 is not supported: {CHOOSE}")
    try:
        signature = key.sign(b"tried", PKCS1v15(), SHA256())
        key.public_key().verify(signature, b"tried", PKCS1v15(), SHA256())
    except (InternalError, InvalidSignature, ValueError):
        raise ValueError(f"{path} is damaged: what it signs does not verify") from None
    return key


def read_platform_key(path: str) -> "RSAPublicKey":
    """The public RSA key of a platform certificate in PEM. Raises ValueError."""
    content = _pem(path)
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.x509 import load_pem_x509_certificate

    try:
        key = load_pem_x509_certificate(content).public_key()
    except UnsupportedAlgorithm:
        raise ValueError(f"{path} certifies no RSA key; SM2 is not supported: {CHOOSE}") from None
    except ValueError:
        raise ValueError(
            f"{path} holds no certificate in PEM: the console offers the platform certificate"
        ) from None
    if not isinstance(key, RSAPublicKey):
        raise ValueError(f"{path} certifies no RSA key; SM2 is not supported: {CHOOSE}")
    return key


def _pem(path: str) -> bytes:
    """What a file holds, where there is somebody who can read it."""
    try:
        import cryptography  # noqa: F401 - an extra, wanted only where keys are
    except ImportError:
        raise ValueError(
            "needs the library cryptography: pip install 'wxa-exporter[encryption]'"
        ) from None
    return _content(path)


def _content(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
