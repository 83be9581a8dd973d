"""The keys of API security: which files are taken, and what is said of others, never their text."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from exporter.config import open_keys, parse
from exporter.errors import ConfigError
from tests.sealed import PRESENT, SYMMETRIC, SYMMETRIC_TEXT, Console, private_pem, rsa_key

# From `openssl genpkey -algorithm SM2`, and `openssl req -x509 -sm3` with that key.
SM2_KEY = b"""-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQghkEgVUCPLtlGlcwl
v3RdqS96Rn1s+uP79Vj9ixWyDlyhRANCAASWfunmmSWvSQQ4RBci3fUM1sfqMz5u
c0WJMwyAEcorLEiKbSSvXhpmxDs3X4ETczcU70WozgF+9qdZCYdl/fdp
-----END PRIVATE KEY-----
"""
SM2_CERTIFICATE = b"""-----BEGIN CERTIFICATE-----
MIIBfDCCASGgAwIBAgIUVIoWNc5XfzJtbmBkCSGGbtyPHAMwCgYIKoEcz1UBg3Uw
EzERMA8GA1UEAwwIcGxhdGZvcm0wHhcNMjYxMTI3MjA0MjI1WhcNMjYxMjI3MjA0
MjI1WjATMREwDwYDVQQDDAhwbGF0Zm9ybTBZMBMGByqGSM49AgEGCCqBHM9VAYIt
A0IABJZ+6eaZJa9JBDhEFyLd9QzWx+ozPm5zRYkzDIARyissSIptJK9eGmbEOzdf
gRNzNxTvRajOAX72p1kJh2X992mjUzBRMB0GA1UdDgQWBBTACHip0KNBaNlgA3in
uz2o6K0NSzAfBgNVHSMEGDAWgBTACHip0KNBaNlgA3inuz2o6K0NSzAPBgNVHRMB
Af8EBTADAQH/MAoGCCqBHM9VAYN1A0kAMEYCIQCSKc3bLjzZDSlXVcwutG5aHw4D
mOFaYqn7QQm1H1CwGgIhAO18skgPjt2enNY2h4GbsAqH7hiXY8Mlp3mLzLvPWJA8
-----END CERTIFICATE-----
"""
CHOOSE = "choose AES256_GCM and RSAwithSHA256 in the console"


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return Console(tmp_path)


def text_with(encryption: dict[str, Any]) -> str:
    app = {"name": "shop", "appid": "wx1", "secret": "s", "encryption": encryption}
    return yaml.safe_dump({"apps": [app]})


def faults(encryption: dict[str, Any]) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        parse(text_with(encryption))
    return list(refused.value.faults)


def test_good_files_are_opened(console: Console) -> None:
    encryption = parse(text_with(console.encryption())).apps[0].encryption
    assert encryption is not None
    keys = open_keys("shop", encryption)
    assert (keys.symmetric, keys.symmetric_serial) == (SYMMETRIC, "symmetric-1")
    assert keys.private.private_numbers() == rsa_key("app").private_numbers()
    assert list(keys.platform) == [PRESENT]


@pytest.mark.parametrize("text", [SYMMETRIC_TEXT.rstrip("="), f" {SYMMETRIC_TEXT}\n"])
def test_a_symmetric_key_may_lack_its_padding_and_end_in_a_new_line(
    console: Console, text: str
) -> None:
    encryption = console.encryption()
    Path(encryption["symmetric_key_file"]).write_text(text)
    assert parse(text_with(encryption)).apps[0].encryption


def test_a_private_key_may_be_pkcs_8_too(console: Console) -> None:
    encryption = console.encryption()
    pem = private_pem(rsa_key("app"), PrivateFormat.PKCS8)
    Path(encryption["private_key_file"]).write_bytes(pem)
    assert parse(text_with(encryption)).apps[0].encryption


def damaged(pem: bytes) -> bytes:
    """A key with one letter of its modulus changed."""
    place = len(pem) // 10
    return pem[:place] + (b"B" if pem[place] == ord("A") else b"A") + pem[place + 1 :]


def public_pem() -> bytes:
    return rsa_key("app").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def locked_pem() -> bytes:
    lock = BestAvailableEncryption(b"hunter2")
    return rsa_key("app").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)


def elliptic_pem() -> bytes:
    key = generate_private_key(SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


SYMMETRIC_FAULTS: list[tuple[Callable[[], bytes], str]] = [
    (lambda: b"not base64!", "is no symmetric key: it holds the base64 that the console shows"),
    (lambda: base64.b64encode(bytes(16)), f"holds a key for SM4, which is not supported: {CHOOSE}"),
    (lambda: base64.b64encode(bytes(24)), "holds a key of 192 bits, one for AES-256 has 256"),
    (lambda: b"", "holds a key of 0 bits, one for AES-256 has 256"),
]
PRIVATE_FAULTS: list[tuple[Callable[[], bytes], str]] = [
    (public_pem, "holds the public key: the console gives the private one after 生成密钥"),
    (locked_pem, "is protected by a password: save it without one"),
    (lambda: SM2_KEY, f"holds no RSA key; SM2 is not supported: {CHOOSE}"),
    (elliptic_pem, f"holds no RSA key; SM2 is not supported: {CHOOSE}"),
    (lambda: SYMMETRIC_TEXT.encode(), "holds no private key in PEM"),
    (lambda: damaged(private_pem(rsa_key("app"))), "is damaged: what it signs does not verify"),
]
PLATFORM_FAULTS: list[tuple[Callable[[], bytes], str]] = [
    (public_pem, "holds no certificate in PEM: the console offers the platform certificate"),
    (lambda: SM2_CERTIFICATE, f"certifies no RSA key; SM2 is not supported: {CHOOSE}"),
]


@pytest.mark.parametrize(
    ("key", "content", "words"),
    [
        *(("symmetric_key_file", *each) for each in SYMMETRIC_FAULTS),
        *(("private_key_file", *each) for each in PRIVATE_FAULTS),
    ],
)
def test_a_file_that_holds_something_else_is_refused_without_its_text(
    console: Console, key: str, content: Callable[[], bytes], words: str
) -> None:
    encryption = console.encryption()
    Path(encryption[key]).write_bytes(content())
    assert faults(encryption) == [f"apps[0].encryption.{key}: {encryption[key]} {words}"]


@pytest.mark.parametrize(("content", "words"), PLATFORM_FAULTS)
def test_what_is_no_platform_certificate_is_refused(
    console: Console, content: Callable[[], bytes], words: str
) -> None:
    encryption = console.encryption()
    path = encryption["platform_certificate_files"][PRESENT]
    Path(path).write_bytes(content())
    assert faults(encryption) == [f"apps[0].encryption.platform_certificate_files: {path} {words}"]


def test_files_that_are_not_there_are_all_told(console: Console) -> None:
    encryption = console.encryption() | {
        "symmetric_key_file": "no-key",
        "private_key_file": "no-pem",
        "platform_certificate_files": {"1": "no-certificate"},
    }
    missing = "cannot be read: No such file or directory"
    assert faults(encryption) == [
        f"apps[0].encryption.symmetric_key_file: no-key {missing}",
        f"apps[0].encryption.private_key_file: no-pem {missing}",
        f"apps[0].encryption.platform_certificate_files: no-certificate {missing}",
    ]


def test_every_key_is_needed_and_none_is_unknown(console: Console) -> None:
    encryption = console.encryption()
    for key in encryption:
        left = {name: value for name, value in encryption.items() if name != key}
        assert faults(left) == [f"apps[0].encryption.{key}: is missing"]
    assert faults(encryption | {"symmetric_sn": "x"})[0].startswith(
        "apps[0].encryption.symmetric_sn: unknown key"
    )
    assert faults(encryption | {"platform_certificate_files": {}}) == [
        "apps[0].encryption.platform_certificate_files: needs at least one entry"
    ]


@pytest.mark.parametrize("key", ["symmetric_key_file", "private_key_file", PRESENT])
def test_other_keys_in_the_same_files_are_another_configuration(console: Console, key: str) -> None:
    encryption = console.encryption()
    before = parse(text_with(encryption))
    assert parse(text_with(encryption)) == before
    path = Path((encryption | encryption["platform_certificate_files"])[key])
    path.write_bytes(path.read_bytes() + b"\n")
    after = parse(text_with(encryption))
    assert after != before
    assert after.apps != before.apps
    assert "fingerprint" not in repr(after)


def test_a_file_that_changed_after_the_check_is_refused_with_the_app_s_name(
    console: Console,
) -> None:
    encryption = parse(text_with(console.encryption())).apps[0].encryption
    assert encryption is not None
    Path(encryption.private_key_file).write_text("changed")
    with pytest.raises(ConfigError, match=r"app shop: encryption: .* holds no private key in PEM"):
        open_keys("shop", encryption)


def test_without_the_library_the_extra_is_named(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    encryption = console.encryption()
    monkeypatch.setitem(__import__("sys").modules, "cryptography", None)
    needs = "needs the library cryptography: pip install 'wxa-exporter[encryption]'"
    assert faults(encryption) == [
        f"apps[0].encryption.private_key_file: {needs}",
        f"apps[0].encryption.platform_certificate_files: {needs}",
    ]
