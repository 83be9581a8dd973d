"""deploy/compose.yaml: what it mounts exists, and its parts know each other."""

import re
from typing import Any

import pytest

from tests.prometheus_rules.files import FOLDER, read
from tests.support import ROOT

DEPLOY = ROOT / "deploy"
COMPOSE = read(DEPLOY / "compose.yaml")
SERVICES: dict[str, Any] = COMPOSE["services"]
PORTS = {"exporter": 10868, "prometheus": 9090, "alertmanager": 9093, "grafana": 3000}


def mounts(service: str) -> dict[str, str]:
    """Where each path inside the container comes from."""
    pairs = [volume.split(":")[:2] for volume in SERVICES[service]["volumes"]]
    return {inside: source for source, inside in pairs}


def test_every_mounted_path_exists_and_is_read_only() -> None:
    for name, service in SERVICES.items():
        for volume in service["volumes"]:
            source, _, *mode = volume.split(":")
            if source.startswith("."):
                assert (DEPLOY / source).exists(), f"{name}: {source}"
                assert mode == ["ro"]
            else:
                assert source in COMPOSE["volumes"]


def test_ports_are_published_on_this_machine_alone() -> None:
    for name, port in PORTS.items():
        assert SERVICES[name]["ports"] == [f"127.0.0.1:{port}:{port}"]


def test_images_are_pinned_by_version() -> None:
    for service in SERVICES.values():
        assert re.search(r":v?\d+\.\d+\.\d+$", service["image"])


def test_the_demo_listens_where_prometheus_asks() -> None:
    assert SERVICES["exporter"]["command"] == ["demo", "--web.listen-address=:10868"]
    assert "EXPOSE 10868" in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_prometheus_has_the_example_configuration_but_for_the_host_names() -> None:
    example = (FOLDER / "prometheus.yml").read_text(encoding="utf-8")
    expected = example.replace("127.0.0.1:10868", "exporter:10868")
    expected = expected.replace("127.0.0.1:9093", "alertmanager:9093")
    here = (DEPLOY / "prometheus.yml").read_text(encoding="utf-8")
    assert here.split("\n", 1)[1] == expected.split("\n", 1)[1]


@pytest.mark.parametrize("name", read(DEPLOY / "prometheus.yml")["rule_files"])
def test_prometheus_finds_its_rules_beside_its_configuration(name: str) -> None:
    assert mounts("prometheus")[f"/etc/prometheus/{name}"] == f"../prometheus/{name}"


def test_alertmanager_finds_its_templates_beside_its_configuration() -> None:
    inside = mounts("alertmanager")
    assert inside["/etc/alertmanager/alertmanager.yml"] == "../prometheus/alertmanager.yml"
    for name in read(FOLDER / "alertmanager.yml")["templates"]:
        assert inside[f"/etc/alertmanager/{name}"] == f"../prometheus/{name}"


def test_every_program_reads_the_configuration_that_is_mounted() -> None:
    for name in ("prometheus", "alertmanager"):
        (flag,) = [part for part in SERVICES[name]["command"] if part.startswith("--config.file=")]
        assert flag.removeprefix("--config.file=") in mounts(name)


def test_grafana_looks_for_dashboards_where_they_are_mounted() -> None:
    inside = mounts("grafana")
    provisioning = ROOT / "grafana" / "provisioning"
    paths = [
        provider["options"]["path"]
        for path in (provisioning / "dashboards").glob("*.yaml")
        for provider in read(path)["providers"]
    ]
    assert paths
    (folder,) = [place for place, source in inside.items() if source == "../grafana/dashboards"]
    for path in paths:
        assert path.startswith(f"{folder}/")
        assert list(
            (ROOT / "grafana" / "dashboards" / path.removeprefix(f"{folder}/")).glob("*.json")
        )


def test_grafana_finds_prometheus_by_its_service_name() -> None:
    folder = ROOT / "grafana" / "provisioning" / "datasources"
    urls = [
        source["url"]
        for path in folder.glob("*.yaml")
        for source in read(path)["datasources"]
        if source["type"] == "prometheus"
    ]
    assert urls == ["http://prometheus:9090"]
