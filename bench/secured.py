"""A certificate and a user, in the files that the exporter and nginx read."""

import ssl
from pathlib import Path
from typing import NamedTuple

import bcrypt
import trustme

from bench.scraper import Access, basic

USER, PASSWORD = "prometheus", "correct horse battery staple"
# Users of the exporter with the same password, who have never asked.
NEVER_ASKED = tuple(f"scraper-{number}" for number in range(6))
# What htpasswd -B and the documentation use.
COST = 10


class Secured(NamedTuple):
    """What serves with TLS and a password, and how it is spoken to."""

    certificate: Path
    key: Path
    # In exporter-toolkit's format, the password hashed with bcrypt.
    web_config: Path
    # For nginx, the password in the clear: the check that costs least.
    password_file: Path
    access: Access


def secured(folder: Path) -> Secured:
    """All of it in a folder; nginx and the exporter get the same certificate and password."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    certificate, key = folder / "server.pem", folder / "server.key"
    certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(key)
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(COST)).decode()
    users = ", ".join(f"{user}: {hashed!r}" for user in (USER, *NEVER_ASKED))
    web_config, password_file = folder / "web.yml", folder / "htpasswd"
    web_config.write_text(
        f"tls_server_config: {{cert_file: {certificate}, key_file: {key}}}\n"
        f"basic_auth_users: {{{users}}}\n"
    )
    password_file.write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # some connections come from and go to other loopback addresses
    authority.configure_trust(context)
    access = Access(context, basic(USER, PASSWORD))
    return Secured(certificate, key, web_config, password_file, access)
