"""A TLS section -> an SSLContext, or the faults for which there is none."""

import os
import ssl
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from exporter.errors import ConfigError
from exporter.web.access.models import Tls

VERSIONS = {
    "TLS10": ssl.TLSVersion.TLSv1, "TLS11": ssl.TLSVersion.TLSv1_1,
    "TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3,
}  # fmt: skip
VERIFY = {
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL, "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}  # fmt: skip
# Go's name of a curve -> OpenSSL's.
CURVES = {
    "CurveP256": "prime256v1", "CurveP384": "secp384r1", "CurveP521": "secp521r1",
    "X25519": "X25519",
}  # fmt: skip
# Go's name of a suite -> OpenSSL's, for TLS 1.2 and below.
CIPHERS = {
    "TLS_RSA_WITH_AES_128_CBC_SHA": "AES128-SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA": "AES256-SHA",
    "TLS_RSA_WITH_AES_128_GCM_SHA256": "AES128-GCM-SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384": "AES256-GCM-SHA384",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA": "ECDHE-ECDSA-AES128-SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA": "ECDHE-ECDSA-AES256-SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA": "ECDHE-RSA-AES128-SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA": "ECDHE-RSA-AES256-SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": "ECDHE-RSA-AES128-GCM-SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": "ECDHE-RSA-AES256-GCM-SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-RSA-CHACHA20-POLY1305",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-ECDSA-CHACHA20-POLY1305",
}
# Always on where TLS 1.3 is, in Go as in OpenSSL.
TLS13_CIPHERS = (
    "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
)  # fmt: skip
SECTION = "tls_server_config"


def context_of(tls: Tls, folder: Path) -> ssl.SSLContext:
    """The context for connections accepted from now on; files are relative to `folder`.

    Raises ConfigError with every fault.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    faults: list[str] = []
    for step in (_versions, _ciphers, _curve, _certificate, _clients):
        try:
            step(context, tls, folder)
        except _Fault as fault:
            faults.append(f"{SECTION}.{fault}")
    if faults:
        raise ConfigError(faults)
    return context


def files_of(tls: Tls, folder: Path) -> list[Path]:
    """The files that the section names."""
    names = (tls.cert_file, tls.key_file, tls.client_ca_file)
    return [folder / name for name in names if name]


class _Fault(Exception):
    """One line: the key below the section, and what is wrong."""


def _versions(context: ssl.SSLContext, tls: Tls, _: Path) -> None:
    with warnings.catch_warnings():
        # TLS 1.0 and 1.1 are deprecated; who names them in the file wants them.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = VERSIONS[tls.min_version]
        context.maximum_version = VERSIONS[tls.max_version]


def _ciphers(context: ssl.SSLContext, tls: Tls, _: Path) -> None:
    if not tls.prefer_server_cipher_suites:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    else:
        context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    if not tls.cipher_suites:
        return
    unknown = [n for n in tls.cipher_suites if n not in CIPHERS and n not in TLS13_CIPHERS]
    if unknown:
        raise _Fault(f"cipher_suites: unknown cipher: {', '.join(unknown)[:200]}")
    below = [CIPHERS[name] for name in tls.cipher_suites if name in CIPHERS]
    if below:
        context.set_ciphers(":".join(below))
    else:
        context.minimum_version = ssl.TLSVersion.TLSv1_3


def _curve(context: ssl.SSLContext, tls: Tls, _: Path) -> None:
    unknown = [name for name in tls.curve_preferences if name not in CURVES]
    if unknown:
        raise _Fault(f"curve_preferences: unknown curve: {', '.join(unknown)[:200]}")
    if len(tls.curve_preferences) > 1:
        raise _Fault(
            "curve_preferences: more than one curve is not supported: name one, or leave it out"
        )
    for name in tls.curve_preferences:
        context.set_ecdh_curve(CURVES[name])


def _certificate(context: ssl.SSLContext, tls: Tls, folder: Path) -> None:
    certificate = _read(folder / tls.cert_file, "cert_file") if tls.cert_file else tls.cert.encode()
    if tls.key_file:
        key = _read(folder / tls.key_file, "key_file")
    else:
        key = tls.key.get_secret_value().encode()
    try:
        with ExitStack() as stack:
            chain = stack.enter_context(_in_memory(certificate))
            secret = stack.enter_context(_in_memory(key))
            # An encrypted key must not make the process ask its terminal.
            context.load_cert_chain(chain, secret, password=lambda: "")
    except (ssl.SSLError, ValueError) as error:
        reason = getattr(error, "reason", None) or "unreadable"
        raise _Fault(f"cert, key: are no certificate and its unencrypted key ({reason})") from None


def _clients(context: ssl.SSLContext, tls: Tls, folder: Path) -> None:
    if tls.client_ca_file:
        authorities = _read(folder / tls.client_ca_file, "client_ca_file")
    else:
        authorities = tls.client_ca.encode()
    if not tls.verifies:
        return
    context.verify_mode = VERIFY[tls.client_auth_type]
    if not (tls.client_ca_file or tls.client_ca):
        context.load_default_certs(ssl.Purpose.CLIENT_AUTH)
    # A file without a certificate trusts nobody, as in exporter-toolkit.
    elif b"-----BEGIN CERTIFICATE-----" in authorities:
        try:
            context.load_verify_locations(cadata=authorities.decode("ascii", "ignore"))
        except ssl.SSLError as error:
            raise _Fault(f"client_ca: unreadable certificates ({error.reason})") from None


def _read(path: Path, key: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _Fault(f"{key}: {path}: {error.strerror}") from None


@contextmanager
def _in_memory(content: bytes) -> Iterator[str]:
    """A name under which OpenSSL, which takes nothing else, reads `content` from memory."""
    descriptor = os.memfd_create("pem")
    try:
        os.write(descriptor, content)
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


def allowed(tls: Tls, certificate: dict[str, Any] | None) -> bool:
    """Whether a verified certificate carries one of the names that the file allows."""
    if not tls.client_allowed_sans:
        return True
    names = {str(value) for _, value in (certificate or {}).get("subjectAltName", ())}
    return not names.isdisjoint(tls.client_allowed_sans)
