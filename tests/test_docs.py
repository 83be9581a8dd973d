"""The documents hold what the code says, each in both languages, and their examples work."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml
from pydantic import BaseModel, SecretStr

from exporter.cli import main
from exporter.config import App, AppUrl, Config, parse
from exporter.describe import described
from exporter.wechat.replies import REACTIONS
from tests.support import ROOT, tool

README = "README.md"
CONFIGURATION = "docs/configuration.md"
OPERATION = "docs/operation.md"
CODES = "docs/codes.md"
# Written in one language: a generated list that carries both.
ONE_FILE = {"docs/metrics.md"}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
METRIC = re.compile(r"\b(?:wxa|process)_[a-z0-9_]+")
MAKE_TARGET = re.compile(r"^make ([a-z-]+)$|`make ([a-z-]+)`", re.M)
HISTOGRAM_ENDS = ("_bucket", "_sum", "_count")
CHINESE_SENTENCE = re.compile("[，。；：]")


def chinese(page: str) -> str:
    """Where the Chinese text of an English page stands."""
    return page.removesuffix(".md") + ".zh-CN.md"


def both(page: str) -> tuple[str, str]:
    return page, chinese(page)


def english_pages() -> list[str]:
    folders = (ROOT, ROOT / "docs", ROOT / "grafana")
    found = [str(path.relative_to(ROOT)) for folder in folders for path in folder.glob("*.md")]
    return sorted(set(found) - ONE_FILE - {page for page in found if page.endswith(".zh-CN.md")})


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    return [body for kind, body in FENCE.findall(text_of(page)) if kind == language]


def keys() -> Iterator[str]:
    yield from (f"apps[].{name}" for name in App.model_fields)
    yield from (f"app_urls[].{name}" for name in AppUrl.model_fields)
    for section, described_by in Config.model_fields.items():
        if isinstance(described_by.default, BaseModel):
            fields = type(described_by.default).model_fields
            yield from (f"{section}.{name}" for name in fields)


def tables(page: str) -> list[list[str]]:
    """The rows of each table, the Markdown ones alone."""
    lines = FENCE.sub("", text_of(page)).splitlines()
    found: list[list[str]] = [[]]
    for line in lines:
        if line.startswith("|"):
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return [rows for rows in found if rows]


def shape(page: str) -> list[tuple[int, ...]]:
    """Of each table, how many columns each of its rows has."""
    return [tuple(row.count("|") for row in rows) for rows in tables(page)]


def headings(page: str) -> list[int]:
    lines = FENCE.sub("", text_of(page)).splitlines()
    return [len(line) - len(line.lstrip("#")) for line in lines if line.startswith("#")]


@pytest.mark.parametrize("page", english_pages())
class TestEveryPage:
    """Each has its twin in the other language, and leads nowhere in vain."""

    def test_both_languages_have_the_same_parts(self, page: str) -> None:
        assert headings(page) == headings(chinese(page))
        assert shape(page) == shape(chinese(page))

    def test_both_languages_have_the_same_code_blocks(self, page: str) -> None:
        assert FENCE.findall(text_of(page)) == FENCE.findall(text_of(chinese(page)))

    def test_each_language_leads_to_the_other_at_its_top(self, page: str) -> None:
        for own, other in (both(page), both(page)[::-1]):
            assert f"]({Path(other).name})" in text_of(own).split("\n\n")[1]

    def test_the_english_page_holds_no_chinese_sentence(self, page: str) -> None:
        assert CHINESE_SENTENCE.findall(text_of(page)) == []

    def test_its_relative_links_lead_to_files(self, page: str) -> None:
        for each in both(page):
            links = [link for link in LINK.findall(text_of(each)) if "://" not in link]
            assert [
                link for link in links if not (ROOT / each).parent.joinpath(link).exists()
            ] == []

    def test_chinese_pages_lead_to_chinese_pages(self, page: str) -> None:
        links = [link for link in LINK.findall(text_of(chinese(page))) if link.endswith(".md")]
        for link in links[1:]:
            twin = (ROOT / page).parent / chinese(link)
            assert link.endswith(".zh-CN.md") or not twin.exists(), link

    def test_its_metrics_exist(self, page: str) -> None:
        known = {each.name for each in described()}
        known |= {name + end for name in known for end in HISTOGRAM_ENDS}
        known |= {name.replace("wxa_", "wxa_history_", 1) for name in known}
        for each in both(page):
            # Prefixes end in an underscore, as in `wxa_weekly_`; recorded names have colons.
            told = {name for name in METRIC.findall(text_of(each)) if not name.endswith("_")}
            assert {name for name in told if not name.startswith("process_")} - known == set()

    def test_its_make_targets_exist(self, page: str) -> None:
        makefile = text_of("Makefile")
        for each in both(page):
            for pair in MAKE_TARGET.findall(text_of(each)):
                assert re.search(rf"^{''.join(pair)}:", makefile, re.M), pair


@pytest.mark.parametrize("page", both(README))
class TestReadme:
    """What a newcomer reads first."""

    def test_it_is_short(self, page: str) -> None:
        assert len(text_of(page).splitlines()) <= 120

    def test_it_names_every_metric_of_the_reports_or_its_prefix(self, page: str) -> None:
        told = text_of(page)
        for each in described():
            if each.report and not each.report.startswith(("weekly_", "monthly_")):
                assert f"`{each.name}`" in told

    def test_its_complete_configurations_load(self, page: str) -> None:
        complete = [block for block in blocks(page, "yaml") if "apps" in yaml.safe_load(block)]
        assert complete
        for block in complete:
            parse(block)

    def test_its_scrape_config_is_part_of_the_example(self, page: str) -> None:
        parts = [yaml.safe_load(block) for block in blocks(page, "yaml")]
        jobs = [job for part in parts for job in part.get("scrape_configs", [])]
        example = yaml.safe_load((ROOT / "prometheus" / "prometheus.yml").read_text("utf-8"))
        assert jobs
        assert all(job in example["scrape_configs"] for job in jobs)

    def test_it_leads_to_every_other_page(self, page: str) -> None:
        links = set(LINK.findall(text_of(page)))
        pages = set(english_pages()) - {README}
        wanted = pages if page == README else {chinese(each) for each in pages}
        assert wanted <= links


@pytest.mark.parametrize("page", both(CONFIGURATION))
class TestConfiguration:
    """The page on the keys."""

    def test_it_names_every_configuration_key_and_no_other(self, page: str) -> None:
        told = re.findall(r"^\| `([a-z_]+(?:\[\])?\.[a-z_]+)` \|", text_of(page), re.M)
        assert sorted(told) == sorted(keys())

    def test_it_names_every_default(self, page: str) -> None:
        rows = {row.split("`")[1]: row.split(" | ")[1] for row in tables(page)[0][2:]}
        for key in (key for key in keys() if not key.startswith("app")):
            section, name = key.split(".")
            default = getattr(Config.model_fields[section].default, name)
            if default is not None:
                value = default.get_secret_value() if isinstance(default, SecretStr) else default
                assert rows[key].strip("`") == str(value)


@pytest.mark.parametrize("page", both(OPERATION))
def test_operation_names_every_command(page: str) -> None:
    assert isinstance(main, click.Group)
    told = re.findall(r"^\| `wxa-exporter ([a-z-]+)[a-zA-Z ]*` \|", text_of(page), re.M)
    assert sorted(told) == sorted(main.commands)


@pytest.mark.parametrize("page", both(CODES))
class TestCodes:
    """The page on WeChat's codes."""

    def test_it_names_every_errcode_by_reaction(self, page: str) -> None:
        rows = [row for row in tables(page)[0] if re.match(r"\| -?\d", row)]
        told = [[int(code) for code in re.findall(r"-?\d+", row.split(" | ")[0])] for row in rows]
        assert {code for codes in told for code in codes} == set(REACTIONS)
        for codes in told:
            # 40001 stands a second time, for the token call, beside codes of another reaction.
            assert len({REACTIONS[code].error for code in codes if code != 40001}) == 1

    def test_it_names_every_other_code(self, page: str) -> None:
        first_cells = [row.split(" | ")[0] for row in tables(page)[0]]
        sealed = ("not_verified", "encryption", "certificate", "clock_skew")
        plain = (
            "timeout",
            "connection",
            "http_<status>",
            "malformed",
            "secret",
            "internal",
            "token_service",
        )
        for code in plain + sealed:
            assert f"| `{code}`" in first_cells


def test_the_queries_parse(tmp_path: Path) -> None:
    queries = blocks(OPERATION, "promql")
    rules = [
        {"record": f"page:query:{position}", "expr": query}
        for position, query in enumerate(queries)
    ]
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "page", "rules": rules}]}))
    done = subprocess.run(
        [tool("promtool"), "check", "rules", str(file)], capture_output=True, text=True
    )
    assert queries
    assert done.returncode == 0, done.stdout + done.stderr


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
    query = blocks(OPERATION, "promql")[0]
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
