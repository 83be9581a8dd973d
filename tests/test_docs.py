"""The READMEs hold what the code says, in both languages, and their examples work."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml
from pydantic import BaseModel, SecretStr

from exporter.cli import main
from exporter.config import App, Config, parse
from exporter.describe import described
from exporter.wechat.replies import REACTIONS
from tests.support import ROOT, tool

READMES = ("README.md", "README.zh-CN.md")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
METRIC = re.compile(r"\b(?:wxa|process)_[a-z0-9_]+")
HISTOGRAM_ENDS = ("_bucket", "_sum", "_count")


def text_of(readme: str) -> str:
    return (ROOT / readme).read_text(encoding="utf-8")


def blocks(readme: str, language: str) -> list[str]:
    return [body for kind, body in FENCE.findall(text_of(readme)) if kind == language]


def keys() -> Iterator[str]:
    yield from (f"apps[].{name}" for name in App.model_fields)
    for section, described_by in Config.model_fields.items():
        if isinstance(described_by.default, BaseModel):
            fields = type(described_by.default).model_fields
            yield from (f"{section}.{name}" for name in fields)


def tables(readme: str) -> list[list[str]]:
    """The rows of each table, the Markdown ones alone."""
    lines = FENCE.sub("", text_of(readme)).splitlines()
    found: list[list[str]] = [[]]
    for line in lines:
        if line.startswith("|"):
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return [rows for rows in found if rows]


def shape(readme: str) -> list[tuple[int, ...]]:
    """Of each table, how many columns each of its rows has."""
    return [tuple(row.count("|") for row in rows) for rows in tables(readme)]


def headings(readme: str) -> list[int]:
    lines = FENCE.sub("", text_of(readme)).splitlines()
    return [len(line) - len(line.lstrip("#")) for line in lines if line.startswith("#")]


@pytest.mark.parametrize("readme", READMES)
class TestReadme:
    """Each of the two."""

    def test_it_names_every_configuration_key_and_no_other(self, readme: str) -> None:
        told = re.findall(r"^\| `([a-z_]+(?:\[\])?\.[a-z_]+)` \|", text_of(readme), re.M)
        assert sorted(told) == sorted(keys())

    def test_it_names_every_default(self, readme: str) -> None:
        rows = {row.split("`")[1]: row.split(" | ")[1] for row in tables(readme)[0][2:]}
        for key in (key for key in keys() if not key.startswith("apps")):
            section, name = key.split(".")
            default = getattr(Config.model_fields[section].default, name)
            if default is not None:
                value = default.get_secret_value() if isinstance(default, SecretStr) else default
                assert rows[key].strip("`") == str(value)

    def test_it_names_every_command(self, readme: str) -> None:
        assert isinstance(main, click.Group)
        told = re.findall(r"^\| `wxa-exporter ([a-z-]+)` \|", text_of(readme), re.M)
        assert sorted(told) == sorted(main.commands)

    def test_its_trouble_table_names_every_errcode_by_reaction(self, readme: str) -> None:
        rows = [row for row in tables(readme)[-2] if re.match(r"\| -?\d", row)]
        told = [[int(code) for code in re.findall(r"-?\d+", row.split(" | ")[0])] for row in rows]
        assert {code for codes in told for code in codes} == set(REACTIONS)
        for codes in told:
            # 40001 stands a second time, for the token call, beside codes of another reaction.
            assert len({REACTIONS[code].error for code in codes if code != 40001}) == 1

    def test_its_trouble_table_names_every_other_code(self, readme: str) -> None:
        first_cells = [row.split(" | ")[0] for row in tables(readme)[-2]]
        for code in ("timeout", "connection", "http_<status>", "malformed", "secret", "internal"):
            assert f"| `{code}`" in first_cells

    def test_its_relative_links_lead_to_files(self, readme: str) -> None:
        links = [link for link in LINK.findall(text_of(readme)) if "://" not in link]
        missing = [link for link in links if not (ROOT / link).exists()]
        assert links
        assert missing == []

    def test_its_metrics_exist(self, readme: str) -> None:
        known = {each.name for each in described()}
        known |= {name + end for name in known for end in HISTOGRAM_ENDS}
        # Prefixes end in an underscore, as in `wxa_weekly_`.
        told = {name for name in METRIC.findall(text_of(readme)) if not name.endswith("_")}
        beyond = {n for n in told if not n.startswith(("wxa_history_", "process_"))}
        assert beyond - known == set()

    def test_it_names_every_metric_of_the_reports_or_its_prefix(self, readme: str) -> None:
        told = text_of(readme)
        for each in described():
            if each.report and not each.report.startswith(("weekly_", "monthly_")):
                assert f"`{each.name}`" in told

    def test_its_complete_configurations_load(self, readme: str) -> None:
        complete = [block for block in blocks(readme, "yaml") if "apps" in yaml.safe_load(block)]
        assert complete
        for block in complete:
            parse(block)

    def test_its_scrape_config_is_part_of_the_example(self, readme: str) -> None:
        parts = [yaml.safe_load(block) for block in blocks(readme, "yaml")]
        jobs = [job for part in parts for job in part.get("scrape_configs", [])]
        example = yaml.safe_load((ROOT / "prometheus" / "prometheus.yml").read_text("utf-8"))
        assert jobs
        assert all(job in example["scrape_configs"] for job in jobs)

    def test_its_queries_parse(self, readme: str, tmp_path: Path) -> None:
        queries = blocks(readme, "promql")
        rules = [
            {"record": f"readme:query:{position}", "expr": query}
            for position, query in enumerate(queries)
        ]
        file = tmp_path / "rules.yml"
        file.write_text(yaml.safe_dump({"groups": [{"name": "readme", "rules": rules}]}))
        done = subprocess.run(
            [tool("promtool"), "check", "rules", str(file)], capture_output=True, text=True
        )
        assert queries
        assert done.returncode == 0, done.stdout + done.stderr


def test_both_languages_have_the_same_parts() -> None:
    english, chinese = READMES
    assert headings(english) == headings(chinese)
    assert shape(english) == shape(chinese)


def test_both_languages_have_the_same_code_blocks() -> None:
    english, chinese = (FENCE.findall(text_of(readme)) for readme in READMES)
    assert english == chinese


def test_the_picture_is_small() -> None:
    assert (ROOT / "docs" / "images" / "overview.png").stat().st_size < 200_000


def test_the_example_of_prometheus_is_valid() -> None:
    done = subprocess.run(
        [tool("promtool"), "check", "config", str(ROOT / "prometheus" / "prometheus.yml")],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_example_of_prometheus_accepts_what_history_gives() -> None:
    example = yaml.safe_load((ROOT / "prometheus" / "prometheus.yml").read_text("utf-8"))
    window = example["storage"]["tsdb"]["out_of_order_time_window"]
    assert int(window.removesuffix("d")) > Config.model_fields["history"].default.max_age_days


def test_the_change_against_last_week_is_shown_only_for_days_a_week_apart(tmp_path: Path) -> None:
    """Visitors go from 100 to 150; on the last day WeChat is late and last week's day is shown."""
    start = "wxa_data_period_start_timestamp_seconds"
    series = {
        'wxa_visit_uv{app="shop"}': "100x6 150x1 150x1",
        f'{start}{{app="shop",report="daily_visit_trend"}}': "0+86400x7 604800x1",
    }
    query = blocks("README.md", "promql")[0]
    expected = {"7d": [{"labels": '{app="shop"}', "value": 0.5}], "8d": []}
    inputs = [{"series": name, "values": values} for name, values in series.items()]
    checks = [
        {"expr": query, "eval_time": moment, "exp_samples": samples}
        for moment, samples in expected.items()
    ]
    case = {"interval": "1d", "input_series": inputs, "promql_expr_test": checks}
    file = tmp_path / "case.yml"
    file.write_text(yaml.safe_dump({"rule_files": [], "tests": [case]}))
    done = subprocess.run(
        [tool("promtool"), "test", "rules", str(file)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
