"""The page for people with more apps than fit on it: order, search, paging, and their numbers."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from exporter.archive import Kept
from exporter.archive.migrations import VERSION
from exporter.reports.table import BY_NAME
from exporter.simulator import Fault, RunningSimulator, Simulator
from exporter.web.overview import APPS_AT_ONCE, DAYS
from tests.conftest import CAFE, SHOP
from tests.logged import logged
from tests.support import FakeClock, beijing
from tests.web.serving import SELDOM, Exporter, entry, passes_end
from tests.web.test_overview import Page

TREND = BY_NAME["daily_visit_trend"]
NEWEST = date(2026, 3, 17)
WELL = [f"app-{number:02}" for number in range(44)]
TROUBLED = ["the-person", "the-busy"]


def appid(number: int) -> str:
    return f"wx{number:016x}"


def fill(exporter: Exporter, apps: range, missing: set[date]) -> None:
    """Visitors of 40 days of each app: 100 on the newest day, 10 more on each day before."""
    at = int(exporter.service.now().timestamp())
    with exporter.archive.transaction() as transaction:
        for number in apps:
            for age in range(40):
                body = f'{{"list": [{{"visit_uv": {100 + 10 * age}}}]}}'
                kept = Kept(at, at, TREND.asks[-1], at, body=body)
                day = NEWEST - timedelta(days=age)
                if day not in missing:
                    transaction.write_news(appid(number), TREND.name, day, kept)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exporter]:
    """46 apps: one waits for a person, one for a busy WeChat, and one has no day a week before."""
    clock = FakeClock(beijing("2026-03-18 16:00"))
    simulator = Simulator([SHOP, CAFE], clock)
    simulator.faults.add(
        Fault("errcode", appid=CAFE.appid, code=48001), Fault("errcode", appid=SHOP.appid, code=-1)
    )
    apps = [
        {"name": name, "appid": appid(number), "secret": "none", "labels": {"city": f"c{number}"}}
        for number, name in enumerate(WELL)
    ]
    apps += [entry("the-busy", SHOP), entry("the-person", CAFE)]
    folder = tmp_path_factory.mktemp("many")
    collect = {"schedule": SELDOM, "reports": [TREND.name], "catch_up_days": 1}
    with logged("info"), RunningSimulator(simulator) as wechat:
        exporter = Exporter(folder, wechat.url, clock, apps=apps, collect=collect)
        fill(exporter, range(1, len(WELL)), set())
        fill(exporter, range(1), {NEWEST - timedelta(days=7), NEWEST - timedelta(days=3)})
        with exporter:
            yield exporter


def names(text: str) -> list[str]:
    return re.findall(r"<h2>(.*)</h2>", text)


def section(text: str, name: str) -> str:
    """What is told of an app, without tags."""
    found = text.partition(f"<h2>{name}</h2>")[2].partition("</section>")[0]
    return " ".join(re.sub(r"<[^>]*>", " ", found).split())


def test_the_summary_comes_first_and_then_what_needs_a_person(many: Exporter) -> None:
    text = many.get("/").text
    told = "46 Mini Programs, 2 with reports that need a look, 1 waiting for a person."
    assert told in text
    assert text.index(told) < text.index("<h2>")
    assert names(text) == (TROUBLED + WELL)[:APPS_AT_ONCE]


def test_page_by_page_every_app_is_there_once(many: Exporter) -> None:
    pages, path = [], "/"
    while path:
        text = many.get(path).text
        pages.append(names(text))
        onward = [link for link in Page(text).links if f"page={len(pages) + 1}" in link]
        assert len(set(onward)) <= 1
        path = onward[0] if onward else ""
    assert [len(page) for page in pages] == [20, 20, 6]
    assert [name for page in pages for name in page] == TROUBLED + WELL


@pytest.mark.parametrize(
    ("page", "first"),
    [("0", "the-person"), ("-1", "the-person"), ("x", "the-person"), ("9" * 40, "app-38")],
)
def test_a_page_that_is_none_is_the_first_or_the_last(
    many: Exporter, page: str, first: str
) -> None:
    assert names(many.get(f"/?page={page}").text)[0] == first


def test_any_page_can_be_named_and_the_search_goes_along(many: Exporter) -> None:
    field = '<input type="number" name="page" value="{}" min="1" max="3" aria-label="page 页码">'
    text = many.get("/?q=app&page=2").text
    assert text.count(field.format(2)) == 2
    assert text.count('<input type="hidden" name="q" value="app">') == 2
    assert 'name="page"' not in many.get("/?q=PERSON").text


def test_an_app_tells_its_appid_and_the_labels_it_was_found_by(many: Exporter) -> None:
    told = section(many.get("/?q=c43").text, "app-43")
    assert told.startswith(f"{appid(43)} · city c43 100 visitors")


@pytest.mark.parametrize(
    ("search", "found"),
    [("PERSON", ["the-person"]), (appid(7), ["app-07"]), ("c43", ["app-43"]), ("nobody", []),
     (" app-4 ", ["app-40", "app-41", "app-42", "app-43"])],
)  # fmt: skip
def test_the_search_finds_names_appids_and_labels(
    many: Exporter, search: str, found: list[str]
) -> None:
    text = many.get(f"/?q={quote(search)}").text
    assert names(text) == found
    assert f"{len(found)} Mini Program{'s' * (len(found) != 1)} found." in text
    assert "46 Mini Programs, 2 with reports" in text


def test_what_is_searched_for_is_a_text(many: Exporter) -> None:
    text = many.get(f"/?q={quote(chr(34) + '><script>alert(1)</script>' + 'x' * 200)}").text
    assert "script" not in Page(text).tags
    assert "&lt;script&gt;" in text
    assert "x" * 100 not in text


def test_an_app_tells_its_newest_visitors_and_their_change_in_a_week(many: Exporter) -> None:
    text = many.get("/?q=app-07").text
    told = section(text, "app-07")
    assert told.removeprefix(f"{appid(7)} · city c7 ").startswith(
        "100 visitors 访问人数 -41.2% against a week before 较上周同日 2026-03-17"
    )
    path = text.partition('<path d="')[2].partition('"')[0]
    assert len(re.findall("[ML]", path)) == DAYS
    assert path.count("M") == 1


def test_where_the_day_a_week_before_is_missing_there_is_no_change(many: Exporter) -> None:
    text = many.get("/?q=app-00").text
    assert "100 visitors" in section(text, "app-00")
    assert "against" not in section(text, "app-00")
    assert text.partition('<path d="')[2].partition('"')[0].count("M") == 3  # two gaps


def test_an_app_without_a_day_says_so(many: Exporter) -> None:
    assert "no visitors known yet 暂无访问人数" in section(many.get("/").text, "the-busy")


def test_without_the_archive_the_page_says_so_and_goes_on_without_numbers(
    exporter: Exporter, tmp_path: Path
) -> None:
    before = exporter.get("/").text
    assert "visitors 访问人数" in section(before, "shop")
    assert "The archive cannot be used" not in before
    with closing(sqlite3.connect(tmp_path / "archive.db")) as connection:
        connection.execute("DROP TABLE replies")
    text = exporter.get("/").text
    assert "The archive cannot be used: nothing is asked until it works again" in text
    assert "archive.db cannot be read: no such table: replies" in text
    assert "reports are well. 全部报表正常。" not in text
    assert "no visitors known yet" not in text
    assert "ok 正常" in section(text, "shop")


def test_an_archive_that_can_be_read_and_not_written_is_told_until_a_pass_writes_it(
    exporter: Exporter, tmp_path: Path
) -> None:
    for version, told in ((99, True), (VERSION, False)):
        with closing(sqlite3.connect(tmp_path / "archive.db")) as connection, connection:
            connection.execute("UPDATE schema_version SET version = ?", (version,))
        exporter.service.start_pass()
        passes_end()
        text = exporter.get("/").text
        assert ("a newer exporter brought the archive" in text) == told
        assert "visitors 访问人数" in section(text, "shop")
