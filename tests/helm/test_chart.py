"""The chart, linted and rendered by the real helm, and what it renders."""

import json
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
from tests.go_programs import built
from tests.support import ROOT, tool

HERE = Path(__file__).parent
CASES = sorted(path.stem for path in (HERE / "values").glob("*.yaml"))
KUBERNETES = "1.34.0"
# Their definitions belong to the Prometheus operator, not to Kubernetes.
OF_THE_OPERATOR = {"ServiceMonitor", "PrometheusRule"}
DASHBOARDS = sorted((ROOT / "grafana" / "dashboards").glob("*/*.json"))
RULES = [ROOT / "prometheus" / name for name in ("wxa.rules.yml", "wxa.alerts.yml")]

Resource = dict[str, Any]


@pytest.fixture(scope="module")
def helm() -> str:
    return str(built("helm", "helm.sh/helm/v3/cmd/helm") / "helm")


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The chart as `make chart` puts it together."""
    folder = tmp_path_factory.mktemp("chart") / "wxa-exporter"
    subprocess.run(
        [tool("make"), "chart", f"CHART={folder}"], cwd=ROOT, check=True, capture_output=True
    )
    return folder


def rendered(helm: str, chart: Path, case: str, *settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            helm, "template", "wxa", chart, "--namespace=wechat", f"--kube-version={KUBERNETES}",
            f"--values={HERE / 'values' / case}.yaml", *(f"--set={each}" for each in settings),
        ],
        capture_output=True, text=True,
    )  # fmt: skip


def resources(helm: str, chart: Path, case: str, *settings: str) -> list[Resource]:
    done = rendered(helm, chart, case, *settings)
    assert done.returncode == 0, done.stderr
    return [each for each in yaml.safe_load_all(done.stdout) if each]


def of_kind(found: list[Resource], *kinds: str) -> Iterator[Resource]:
    yield from (each for each in found if each["kind"] in kinds)


def pod(found: list[Resource]) -> Resource:
    (workload,) = of_kind(found, "Deployment", "StatefulSet")
    spec: Resource = workload["spec"]["template"]["spec"]
    return spec


def named_instead(text: str) -> str:
    """The text with rules and dashboards named instead of repeated: they are compared by others."""
    for path in (*DASHBOARDS, *RULES):
        content = path.read_text(encoding="utf-8").strip()
        for indent in ("  ", "    "):
            lines = [f"{indent}{line}" if line else indent for line in content.splitlines()]
            text = text.replace("\n".join(lines), f"{indent}<{path.relative_to(ROOT)}>")
    return text


def test_helm_finds_no_fault(helm: str, chart: Path) -> None:
    done = subprocess.run([helm, "lint", "--strict", chart], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("case", CASES)
def test_it_renders_what_is_expected(helm: str, chart: Path, case: str) -> None:
    """After a wanted change: `.venv/bin/python -m tests.helm` writes the expected texts anew."""
    done = rendered(helm, chart, case)
    assert done.returncode == 0, done.stderr
    expected = (HERE / "expected" / f"{case}.yaml").read_text(encoding="utf-8")
    assert named_instead(done.stdout) == expected


@pytest.mark.parametrize("case", CASES)
def test_kubernetes_would_take_every_resource(helm: str, chart: Path, case: str) -> None:
    found = resources(helm, chart, case)
    version = KUBERNETES.rpartition(".")[0]
    for each in found:
        if each["kind"] not in OF_THE_OPERATOR:
            kubernetes_validate.validate(each, version, strict=True)
    names = [(each["kind"], each["metadata"]["name"]) for each in found]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("case", CASES)
def test_its_pods_meet_the_restricted_standard(helm: str, chart: Path, case: str) -> None:
    """Kubernetes' Pod Security Standards, profile "restricted"."""
    spec = pod(resources(helm, chart, case))
    (container,) = spec["containers"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] > 0
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    kinds = {kind for volume in spec["volumes"] for kind in volume} - {"name"}
    assert kinds <= {"configMap", "emptyDir", "persistentVolumeClaim", "secret"}
    assert spec["automountServiceAccountToken"] is False


@pytest.mark.parametrize("case", CASES)
def test_the_exporter_takes_the_configuration(helm: str, chart: Path, case: str) -> None:
    found = resources(helm, chart, case)
    texts = [each["data"]["config.yaml"] for each in of_kind(found, "ConfigMap")
             if "config.yaml" in each["data"]]  # fmt: skip
    assert len(texts) == 1
    parse(texts[0])


@pytest.mark.parametrize("case", CASES)
def test_the_exporter_takes_the_arguments(helm: str, chart: Path, case: str) -> None:
    (container,) = pod(resources(helm, chart, case))["containers"]
    command, *options = container["args"]
    assert command == serve.name
    known = {name for option in serve.params for name in option.opts}
    assert {option.partition("=")[0] for option in options} <= known


def test_every_monitor_finds_the_service_that_is_to_be_scraped(helm: str, chart: Path) -> None:
    found = resources(helm, chart, "monitoring", "shards=2")
    (monitor,) = of_kind(found, "ServiceMonitor")
    wanted = monitor["spec"]["selector"]["matchLabels"].items()
    services = [each for each in of_kind(found, "Service")
                if wanted <= each["metadata"]["labels"].items()]  # fmt: skip
    assert len(services) == 1
    (workload,) = of_kind(found, "StatefulSet")
    labels = workload["spec"]["template"]["metadata"]["labels"].items()
    assert services[0]["spec"]["selector"].items() <= labels
    ports = {port["name"] for port in services[0]["spec"]["ports"]}
    assert {endpoint["port"] for endpoint in monitor["spec"]["endpoints"]} <= ports
    jobs = [endpoint["relabelings"][0] for endpoint in monitor["spec"]["endpoints"]]
    example = yaml.safe_load((ROOT / "prometheus" / "prometheus.yml").read_text())
    assert [job["replacement"] for job in jobs] == [
        job["job_name"] for job in example["scrape_configs"]
    ]


def test_the_rules_are_the_very_files(helm: str, chart: Path) -> None:
    found = of_kind(resources(helm, chart, "monitoring"), "PrometheusRule")
    told = [each["spec"] for each in found]
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in RULES]
    assert sorted(told, key=json.dumps) == sorted(files, key=json.dumps)


def test_the_dashboards_are_the_very_files(helm: str, chart: Path) -> None:
    maps = [each for each in of_kind(resources(helm, chart, "monitoring"), "ConfigMap")
            if "grafana_dashboard" in each["metadata"]["labels"]]  # fmt: skip
    told = [json.loads(text) for each in maps for text in each["data"].values()]
    assert len({name for each in maps for name in each["data"]}) == len(DASHBOARDS)
    files = [json.loads(path.read_text(encoding="utf-8")) for path in DASHBOARDS]
    assert sorted(told, key=json.dumps) == sorted(files, key=json.dumps)


def test_the_source_folder_alone_says_what_is_missing(helm: str) -> None:
    done = rendered(helm, ROOT / "deploy" / "helm" / "wxa-exporter", "monitoring")
    assert done.returncode != 0
    assert "make chart" in done.stderr


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("unknown=1", "unknown"),
        ("shards=0", "shards"),
        ("image.digest=latest", "digest"),
        ("config.apps[0].secret=abc", "secret"),
        ("web.scheme=ftp", "scheme"),
    ],
)
def test_a_wrong_value_is_refused_by_name(helm: str, chart: Path, setting: str, told: str) -> None:
    done = rendered(helm, chart, "least", setting)
    assert done.returncode != 0
    assert told in done.stderr


def test_one_volume_is_not_given_to_several_shards(helm: str, chart: Path) -> None:
    done = rendered(helm, chart, "least", "shards=2", "persistence.existingClaim=mine")
    assert "persistence.existingClaim is for one shard" in done.stderr


def test_every_default_is_one_that_the_schema_allows_and_names() -> None:
    folder = ROOT / "deploy" / "helm" / "wxa-exporter"
    values = yaml.safe_load((folder / "values.yaml").read_text())
    schema = json.loads((folder / "values.schema.json").read_text())
    assert set(values) == set(schema["properties"]) - {"global"}


def test_the_versions_are_the_package_s() -> None:
    folder = ROOT / "deploy" / "helm" / "wxa-exporter"
    told = yaml.safe_load((folder / "Chart.yaml").read_text())
    assert told["version"] == told["appVersion"] == __version__
