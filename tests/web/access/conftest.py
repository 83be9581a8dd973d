"""Certificates of a test's own authority."""

from dataclasses import dataclass
from pathlib import Path

import bcrypt
import pytest
import trustme

PASSWORD = "correct horse"
HASHED = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()


@dataclass(frozen=True)
class Certificates:
    """A folder with ca.pem, server.pem, server.key, and a client's client.pem and client.key."""

    folder: Path
    authority: trustme.CA

    def issue(self, name: str, *identities: str) -> None:
        """Write NAME.pem and NAME.key for those names."""
        made = self.authority.issue_cert(*identities)
        made.private_key_pem.write_to_path(self.folder / f"{name}.key")
        chain = b"".join(blob.bytes() for blob in made.cert_chain_pems)
        (self.folder / f"{name}.pem").write_bytes(chain)


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    """Certificates in the test's folder, where the web configuration file lies as well."""
    made = Certificates(tmp_path, trustme.CA())
    made.authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    made.issue("server", "127.0.0.1", "localhost")
    made.issue("client", "scraper.example")
    made.issue("stranger", "stranger.example")
    return made
