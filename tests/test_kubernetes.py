"""deploy/kubernetes: taken by Kubernetes, the exporter and Prometheus, and as it promises."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from exporter import __version__
from exporter.cli.serve import serve
from exporter.config import parse
from exporter.config.shard import shard_of
from tests.support import ROOT, tool

FOLDER = ROOT / "deploy" / "kubernetes"
FILES = [FOLDER / name for name in ("replicas.yaml", "shards.yaml")]
KUBERNETES = "1.34"

Resource = dict[str, Any]


def resources(path: Path) -> list[Resource]:
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def of_kind(path: Path, *kinds: str) -> Resource:
    (found,) = (each for each in resources(path) if each["kind"] in kinds)
    return found


def pods_of(path: Path) -> Resource:
    template: Resource = of_kind(path, "Deployment", "StatefulSet")["spec"]["template"]
    return template


def container(path: Path) -> Resource:
    (found,) = pods_of(path)["spec"]["containers"]
    return dict(found)


def options(path: Path) -> Iterator[tuple[str, str]]:
    command, *given = container(path)["args"]
    assert command == serve.name
    for option in given:
        name, _, value = option.partition("=")
        yield name, value


def test_these_are_all_files() -> None:
    assert sorted(FOLDER.glob("*.yaml")) == FILES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
class TestEach:
    """A file."""

    def test_kubernetes_would_take_it(self, path: Path) -> None:
        for each in resources(path):
            kubernetes_validate.validate(each, KUBERNETES, strict=True)

    def test_the_exporter_takes_the_configuration_and_the_arguments(self, path: Path) -> None:
        config = parse(of_kind(path, "ConfigMap")["data"]["config.yaml"])
        assert config.app_urls
        assert config.archive.url.get_secret_value().startswith("postgresql://")
        # As docs/scaling.md has it for this many apps.
        assert (config.pages.limit, config.collect.concurrency) == (20, 16)
        known = {name for option in serve.params for name in option.opts}
        assert {name for name, _ in options(path)} <= known

    def test_every_file_it_names_is_mounted(self, path: Path) -> None:
        config = parse(of_kind(path, "ConfigMap")["data"]["config.yaml"])
        mounts = tuple(each["mountPath"] for each in container(path)["volumeMounts"])
        named = [dict(options(path))["--config.file"], config.app_urls[0].bearer_token_file]
        assert all(str(each).startswith(mounts) for each in named)
        volumes = {each["name"] for each in pods_of(path)["spec"]["volumes"]}
        assert {each["name"] for each in container(path)["volumeMounts"]} == volumes

    def test_its_pods_are_the_service_s_and_meet_the_restricted_standard(self, path: Path) -> None:
        service, pods = of_kind(path, "Service"), pods_of(path)
        assert service["spec"]["selector"].items() <= pods["metadata"]["labels"].items()
        assert service["spec"]["ports"][0]["targetPort"] == container(path)["ports"][0]["name"]
        assert pods["spec"]["securityContext"]["runAsNonRoot"] is True
        assert pods["spec"]["automountServiceAccountToken"] is False
        assert container(path)["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }

    def test_the_version_is_the_package_s(self, path: Path) -> None:
        assert container(path)["image"].rpartition(":")[2] == __version__


def test_there_are_as_many_shards_as_pods_and_each_pod_knows_which_it_is() -> None:
    path = FILES[1]
    workload, given = of_kind(path, "StatefulSet"), dict(options(path))
    total = int(given["--total-shards"])
    assert workload["spec"]["replicas"] == total
    (name,) = (each for each in container(path)["env"] if f"$({each['name']})" == given["--shard"])
    assert name["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.name"
    pods = [f"{workload['metadata']['name']}-{number}" for number in range(total)]
    assert [shard_of(pod, total).ordinal for pod in pods] == list(range(total))
    assert workload["spec"]["serviceName"] == of_kind(path, "Service")["metadata"]["name"]


def test_one_of_two_replicas_goes_on_while_the_other_is_replaced() -> None:
    spec = of_kind(FILES[0], "Deployment")["spec"]
    assert spec["replicas"] - spec["strategy"]["rollingUpdate"]["maxUnavailable"] >= 1
    assert of_kind(FILES[0], "PodDisruptionBudget")["spec"]["maxUnavailable"] == 1


def test_prometheus_takes_its_configuration_and_asks_every_shard_by_its_name() -> None:
    path = FOLDER / "prometheus.yml"
    done = subprocess.run(
        [tool("promtool"), "check", "config", str(path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    workload, service = of_kind(FILES[1], "StatefulSet"), of_kind(FILES[1], "Service")
    name, port = service["metadata"]["name"], service["spec"]["ports"][0]["port"]
    assert service["spec"]["clusterIP"] == "None"
    wanted = [
        f"{workload['metadata']['name']}-{number}.{name}.wechat.svc:{port}"
        for number in range(workload["spec"]["replicas"])
    ]
    for job in yaml.safe_load(path.read_text(encoding="utf-8"))["scrape_configs"]:
        assert job["static_configs"] == [{"targets": wanted}]
