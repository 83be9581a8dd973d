"""docs/history.md: its queries give what the archive says, its configs are valid."""

import json
import re
import subprocess
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from tests.cli.running import BAKERY
from tests.history.servers import TODAY, YESTERDAY, exporter_of_today, prometheus
from tests.support import ROOT, eventually, tool
from tests.web.serving import Exporter

PAGES = ("history.md", "history.zh-CN.md")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)


def blocks(page: str, language: str | None = None) -> list[str]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return [body for kind, body in FENCE.findall(text) if language in (None, kind)]


def bodies(exporter: Exporter, report: str) -> dict[date, dict[str, list[dict[str, float]]]]:
    found = exporter.archive.bodies(BAKERY.appid, report, date(2020, 1, 1))
    return {day: json.loads(kept.body or "") for day, kept in found}


def visitors(exporter: Exporter, report: str) -> dict[date, float]:
    return {d: body["list"][0]["visit_uv"] for d, body in bodies(exporter, report).items()}


def test_its_queries_give_what_the_archive_says(tmp_path: Path) -> None:
    bars, week, mean, cohorts, month = (
        query.replace('app="shop"', 'app="bakery"') for query in blocks(PAGES[0], "promql")
    )
    oldest = TODAY - timedelta(days=100)
    with (
        exporter_of_today(tmp_path, days=100) as exporter,
        prometheus(
            tmp_path / "p", exporter.url.removeprefix("http://"), "120d", {"since": [f"{oldest}"]}
        ) as database,
    ):
        eventually(lambda: len(database.days(bars, oldest, TODAY, "app")) == 1, 30, "a scrape")
        uv = visitors(exporter, "daily_visit_trend")
        shown = {q: database.days(q, oldest, TODAY, "day") for q in (bars, week, mean, cohorts)}
        assert shown[bars]["",] == uv
        for day in (YESTERDAY, YESTERDAY - timedelta(days=60)):
            before = [uv[day - timedelta(days=n)] for n in range(8)]
            assert shown[week]["",][day] == pytest.approx(before[0] / before[7] - 1)
            assert shown[mean]["",][day] == pytest.approx(sum(before[:7]) / 7)
        assert min(shown[mean]["",]) == oldest + timedelta(days=6)

        cohort = YESTERDAY - timedelta(days=9)
        told = bodies(exporter, "daily_retention")[cohort]["visit_uv_new"]
        users = {int(item["key"]): item["value"] for item in told}
        for key in range(8):
            rate = shown[cohorts][str(key),][cohort]
            assert rate == pytest.approx(users[key] / users[0])
        assert cohort not in shown[cohorts]["14",]

        months = visitors(exporter, "monthly_visit_trend")
        newest, earlier = sorted(months, reverse=True)[:2]
        change = database.days(month, oldest, TODAY, "app")["bakery",]
        assert change[newest] == pytest.approx(months[newest] / months[earlier] - 1)
        assert set(change) <= set(months)


def test_both_languages_have_the_same_blocks() -> None:
    assert blocks(PAGES[0]) == blocks(PAGES[1])
    assert len(blocks(PAGES[0], "promql")) == 5


def test_the_scrape_config_is_that_of_the_examples() -> None:
    [told] = [yaml.safe_load(block) for block in blocks(PAGES[0], "yaml")]
    own = yaml.safe_load((ROOT / "prometheus" / "history.yml").read_text("utf-8"))
    whole = yaml.safe_load((ROOT / "prometheus" / "prometheus.yml").read_text("utf-8"))
    assert told == own
    assert own["scrape_configs"][0] in whole["scrape_configs"]
    assert own["storage"] == whole["storage"]
    done = subprocess.run(
        [tool("promtool"), "check", "config", str(ROOT / "prometheus" / "history.yml")],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
