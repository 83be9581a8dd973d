"""The serving process with a web configuration file: who may reload it, and its health check."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
import requests

from exporter.simulator import RunningSimulator
from tests.cli.running import todays_wechat, write_config
from tests.support import eventually
from tests.test_serve_process import Serving, serving
from tests.web.access.conftest import HASHED, PASSWORD, Certificates

TLS = "tls_server_config: {cert_file: server.pem, key_file: server.key}\n"
USERS = f'basic_auth_users: {{ann: "{HASHED}"}}\n'
ANN = ("ann", PASSWORD)


@pytest.fixture
def today() -> Iterator[RunningSimulator]:
    with RunningSimulator(todays_wechat()) as running:
        yield running


def healthy(served: Serving) -> bool:
    """What the image's health check says of it."""
    port = served.url.rpartition(":")[2]
    command = (sys.executable, "-m", "exporter.web.healthcheck", port)
    return subprocess.run(command, capture_output=True, timeout=20).returncode == 0


def reload(served: Serving, auth: tuple[str, str] | None = None) -> requests.Response:
    return requests.post(f"{served.url}/-/reload", auth=auth, timeout=10)


def test_without_authentication_nobody_reloads_over_http_unless_it_was_started_so(
    certificates: Certificates, today: RunningSimulator
) -> None:
    write_config(certificates.folder, today.url)
    with serving(certificates.folder) as plain:
        eventually(lambda: healthy(plain), 60, "an answer")
        refused = reload(plain)
        assert refused.status_code == 403
        assert "--web.enable-lifecycle" in refused.text
        assert "event=reloaded" not in (certificates.folder / "err").read_text()
    with serving(certificates.folder, "--web.enable-lifecycle") as lifecycle:
        eventually(lambda: healthy(lifecycle), 60, "an answer")
        assert (reload(lifecycle).status_code, reload(lifecycle).text) == (200, "reloaded\n")


def test_with_users_those_reload_and_nobody_else(
    certificates: Certificates, today: RunningSimulator
) -> None:
    write_config(certificates.folder, today.url)
    (certificates.folder / "web.yml").write_text(USERS)
    with serving(certificates.folder, "--web.config.file=web.yml") as served:
        eventually(lambda: healthy(served), 60, "an answer")
        for auth in (None, ("ann", "wrong")):
            assert reload(served, auth).status_code == 401
        assert "event=reloaded" not in (certificates.folder / "err").read_text()
        assert reload(served, ANN).status_code == 200


def test_the_health_check_of_the_image_sees_through_tls_and_passwords(
    certificates: Certificates, today: RunningSimulator
) -> None:
    write_config(certificates.folder, today.url)
    (certificates.folder / "web.yml").write_text(TLS + USERS)
    with serving(certificates.folder, "--web.config.file=web.yml") as served:
        eventually(lambda: healthy(served), 60, "a healthy answer")
        refused = requests.get(
            served.url.replace("http:", "https:") + "/-/healthy",
            verify=str(certificates.folder / "ca.pem"), timeout=10,
        )  # fmt: skip
        assert refused.status_code == 401
        assert served.text() == ""  # in the clear nobody is answered
    assert not healthy(served)
