"""The file: what is accepted, what is refused by name, and that promtool says the same."""

import subprocess
from pathlib import Path

import pytest

from exporter.errors import ConfigError
from exporter.web.access import Policies
from tests.logged import logged
from tests.support import tool
from tests.web.access.conftest import HASHED, Certificates

TLS = "tls_server_config: {cert_file: server.pem, key_file: server.key"
GOOD = {
    "empty": "",
    "TLS": TLS + "}",
    "versions": TLS + ", min_version: TLS13, max_version: TLS13}",
    "old versions": TLS + ", min_version: TLS10}",
    "suites": TLS + ", cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]}",
    "suites of 1.3 alone": TLS + ", cipher_suites: [TLS_AES_128_GCM_SHA256]}",
    "client's choice": TLS + ", prefer_server_cipher_suites: false}",
    "a curve": TLS + ", curve_preferences: [X25519]}",
    "client certificates": TLS + ", client_auth_type: RequireAndVerifyClientCert, "
    "client_ca_file: ca.pem}",
    "if given": TLS + ", client_auth_type: VerifyClientCertIfGiven, client_ca_file: ca.pem}",
    "system's authorities": TLS + ", client_auth_type: RequireAndVerifyClientCert}",
    "users": f'basic_auth_users: {{ann: "{HASHED}", bob: "{HASHED}"}}',
    "no users": "basic_auth_users:",
    "headers": "http_server_config: {http2: false, headers: {X-Frame-Options: deny, "
    'X-Content-Type-Options: nosniff, Strict-Transport-Security: "max-age=1"}}',
}
BAD = {
    "junk": ("]", "not YAML"),
    "a key misspelt": ("tls_server_config: {cert_filse: x}", "unknown key"),
    "a key twice": ("basic_auth_users:\nbasic_auth_users:\n", "stands twice"),
    "no certificate": ("tls_server_config: {cert_file: '', key_file: server.key}", "cert_file"),
    "no key": ("tls_server_config: {cert_file: server.pem, key_file: ''}", "key_file"),
    "neither": ("tls_server_config: {client_auth_type: NoClientCert}", "cert_file"),
    "certificate not there": (
        "tls_server_config: {cert_file: none.pem, key_file: server.key}", "none.pem: No such file",
    ),
    "key not there": (
        "tls_server_config: {cert_file: server.pem, key_file: none.key}", "none.key: No such file",
    ),
    "another's key": (
        "tls_server_config: {cert_file: server.pem, key_file: client.key}", "KEY_VALUES_MISMATCH",
    ),
    "authority without policy": (TLS + ", client_ca_file: ca.pem}", "without a client_auth_type"),
    "authority not there": (
        TLS + ", client_ca_file: none.pem, client_auth_type: RequireAndVerifyClientCert}",
        "client_ca_file: .*No such file",
    ),
    "invented policy": (TLS + ", client_auth_type: Maybe}", "must be one of"),
    "invented suite": (TLS + ", cipher_suites: [TLS_FOO]}", "unknown cipher: TLS_FOO"),
    "invented curve": (TLS + ", curve_preferences: [CurveP257]}", "unknown curve: CurveP257"),
    "invented version": (TLS + ", min_version: TLS111}", "unknown TLS version"),
    "a password in the clear": ("basic_auth_users: {john: doe}", "'john' is no bcrypt hash"),
    "a cost that is none": (
        "basic_auth_users: {john: \"" + HASHED.replace("$04$", "$99$") + "\"}", "no bcrypt hash",
    ),
    "another header": (
        "http_server_config: {headers: {Content-Type: x}}", "can not be configured",
    ),
    "a header's other value": (
        "http_server_config: {headers: {X-Frame-Options: foo}}", "invalid value for X-Frame",
    ),
}  # fmt: skip
# promtool takes these. Here they are refused by name, because they would be ignored.
STRICTER = {
    "unverified": (TLS + ", client_auth_type: RequireAnyClientCert}", "not supported"),
    "two curves": (TLS + ", curve_preferences: [X25519, CurveP256]}", "more than one curve"),
    "HTTP/2": ("http_server_config: {http2: true}", "HTTP/2 is not supported"),
    "TLS without a certificate": ("tls_server_config: {min_version: TLS13}", "cert_file"),
}
# Of later versions than Debian's promtool.
LATER_GOOD = {
    "names": TLS + ", client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.pem, "
    "client_allowed_sans: [scraper.example]}",
    "rate limit": "rate_limit: {interval: 1m0.5s, burst: 3}",
}


def write(certificates: Certificates, text: str) -> Path:
    path = certificates.folder / "web.yml"
    path.write_text(text)
    return path


def promtool_accepts(path: Path) -> bool:
    done = subprocess.run([tool("promtool"), "check", "web-config", path], capture_output=True)
    return done.returncode == 0


@pytest.mark.parametrize("text", (GOOD | LATER_GOOD).values(), ids=GOOD | LATER_GOOD)
def test_a_good_file_is_taken(certificates: Certificates, text: str) -> None:
    Policies(write(certificates, text)).current()


@pytest.mark.parametrize(("text", "fault"), (BAD | STRICTER).values(), ids=BAD | STRICTER)
def test_a_bad_file_is_refused_by_name(certificates: Certificates, text: str, fault: str) -> None:
    path = write(certificates, text)
    with pytest.raises(ConfigError, match=fault) as refused:
        Policies(path)
    assert all(line.startswith(f"{path}: ") for line in refused.value.faults)


def test_promtool_says_the_same_of_every_file(certificates: Certificates) -> None:
    texts = GOOD | {name: text for name, (text, _) in (BAD | STRICTER).items()}
    accepted = {name for name, text in texts.items() if promtool_accepts(write(certificates, text))}
    assert accepted == GOOD.keys() | STRICTER.keys()


def test_inline_texts_do_what_files_do(certificates: Certificates) -> None:
    def indented(name: str) -> str:
        return (certificates.folder / name).read_text().replace("\n", "\n    ")

    text = f"tls_server_config:\n  cert: |\n    {indented('server.pem')}\n"
    text += f"  key: |\n    {indented('server.key')}\n"
    assert Policies(write(certificates, text)).current().context


def test_every_fault_is_told_at_once_and_no_secret(certificates: Certificates) -> None:
    text = (
        "basic_auth_users: {john: doe-secret}\nhttp_server_config: {http2: true}\n"
        "rate_limit: {interval: soon}\nunknown: 1\n"
    )
    with pytest.raises(ConfigError) as refused:
        Policies(write(certificates, text))
    assert len(refused.value.faults) == 4
    assert "doe-secret" not in str(refused.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"web\.yml: cannot be read: No such file"):
        Policies(tmp_path / "web.yml")


def test_a_broken_file_keeps_the_last_one_and_is_told_once(certificates: Certificates) -> None:
    path = write(certificates, GOOD["users"])
    policies = Policies(path)
    before = policies.current()
    with logged("info") as log:
        path.write_text("]")
        assert [policies.current(), policies.current()] == [before, before]
        path.unlink()
        assert policies.current() == before
    told = log.getvalue()
    assert told.count("refused") == 2


@pytest.mark.parametrize("less", ["", "tls_server_config:\n", GOOD["TLS"], GOOD["users"]])
def test_a_file_that_is_being_written_opens_nothing(certificates: Certificates, less: str) -> None:
    path = write(certificates, GOOD["client certificates"] + "\n" + GOOD["users"])
    policies = Policies(path)
    before = policies.current()
    with logged("info") as log:
        path.write_text(less)
        assert policies.current() is before
    assert "that needs a restart" in log.getvalue()


def test_a_file_that_appears_later_mends_what_missed_it(certificates: Certificates) -> None:
    path = write(certificates, GOOD["users"])
    policies = Policies(path)
    path.write_text(GOOD["users"] + "\ntls_server_config: {cert_file: n.pem, key_file: n.key}\n")
    with logged("info"):
        assert policies.current().context is None
        certificates.issue("n", "localhost")
        assert policies.current().context is not None
