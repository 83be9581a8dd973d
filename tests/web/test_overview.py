"""The page for people: what it tells, and that nothing foreign comes alive in it."""

import json
import re
import struct
import subprocess
from collections.abc import Iterator
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from exporter.reports.table import REPORTS
from exporter.simulator import Fault, RunningSimulator, Simulator
from tests.conftest import CAFE, SHOP
from tests.logged import logged
from tests.support import FakeClock, beijing, tool
from tests.web.serving import SELDOM, Exporter, entry, passes_end

OWNED = "document.title='owned'"
HOSTILE = (
    f'</td></table><script>{OWNED}</script><img src=x onerror="{OWNED}"><svg/onload={OWNED}>'
    + "x" * 90
)
PHONE, DESK = (390, 844), (1366, 900)


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exporter]:
    """An exporter whose WeChat sends a hostile text, a refusal, and for one report nothing."""
    clock = FakeClock(beijing("2026-03-18 16:00"))
    simulator = Simulator([SHOP, CAFE], clock)
    prefix = "getweanalysisappid"
    hostile = json.dumps({"errcode": 99999, "errmsg": HOSTILE})
    simulator.faults.add(
        Fault("body", appid=CAFE.appid, call=f"{prefix}visitpage", body=hostile),
        Fault("errcode", appid=CAFE.appid, call=f"{prefix}monthlyretaininfo", code=48001),
        Fault("empty", appid=SHOP.appid, call=f"{prefix}dailysummarytrend"),
    )
    folder = tmp_path_factory.mktemp("troubled")
    apps = [entry("shop", SHOP), entry("cafe", CAFE)]
    with (
        logged("info"),
        RunningSimulator(simulator) as wechat,
        Exporter(folder, wechat.url, clock, apps=apps, collect={"schedule": SELDOM}) as exporter,
    ):
        yield exporter


class Page(HTMLParser):
    """Elements, links and the cells of each row under its app."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.handlers: list[str] = []
        self.rows: dict[tuple[str, str], list[str]] = {}
        self._app, self._cells, self._into = "", list[str](), ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [str(value) for name, value in attrs if name == "href"]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        if tag in ("h2", "td"):
            self._into = tag
            self._cells += [""] if tag == "td" else []
            self._app = "" if tag == "h2" else self._app

    def handle_data(self, data: str) -> None:
        if self._into == "h2":
            self._app += data
        elif self._into == "td":
            self._cells[-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == self._into:
            self._into = ""
        if tag == "tr" and self._cells:
            report, *cells = map(str.strip, self._cells)
            self.rows[self._app, report] = cells
            self._cells = []


def chromium(folder: Path, url: str, size: tuple[int, int], *more: str) -> str:
    """What headless Chromium prints about a page."""
    done = subprocess.run(
        [
            tool("chromium"), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
            "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--hide-scrollbars", f"--user-data-dir={folder / 'profile'}",
            f"--window-size={size[0]},{size[1]}", *more, url,
        ],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return done.stdout


def test_it_has_a_row_for_every_report_of_every_app(troubled: Exporter) -> None:
    rows = Page(troubled.get("/").text).rows
    names = [report.name for report in REPORTS if report.by_default]
    assert list(rows) == [(app, name) for app in ("cafe", "shop") for name in names]


def test_a_row_tells_day_last_data_state_and_next_look(troubled: Exporter) -> None:
    rows = Page(troubled.get("/").text).rows
    *told, next_look = rows["shop", "daily_visit_trend"]
    assert told == ["2026-03-17", "03-18 16:00", "ok 正常"]
    assert re.fullmatch(r"02-2[89] (23:59|00:0[01])", next_look)  # the schedule, with its jitter
    assert rows["shop", "weekly_visit_trend"][0] == "2026-03-09..2026-03-15"
    assert rows["shop", "monthly_visit_trend"][0] == "2026-02"
    assert rows["shop", "daily_summary"][:3] == [
        "none yet 暂无", "never 从未", "waiting for WeChat 等待微信产出",
    ]  # fmt: skip


def test_a_failure_stands_with_what_to_do_about_it(troubled: Exporter) -> None:
    text = troubled.get("/").text
    state = Page(text).rows["cafe", "monthly_retention"][2]
    assert re.fullmatch(
        r"errcode 48001 \(.*\): the app has no permission for this data: check 接口权限 in the "
        r"Mini Program's console \(mp\.weixin\.qq\.com\) \(03-18 16:00\)",
        state,
    )
    assert ">2 of 24 reports need a look. 2 个报表需要处理。" in text


def test_when_all_is_well_it_says_so(standing: Exporter) -> None:
    assert "All 4 reports are well. 全部报表正常。" in standing.get("/").text


def test_where_there_is_no_app_nothing_is_called_well(
    wechat: RunningSimulator, tmp_path: Path, clock: FakeClock
) -> None:
    files = ["none/*.yaml"]
    with logged("info"), Exporter(tmp_path, wechat.url, clock, apps=[], app_files=files) as none:
        text = none.get("/").text
    assert "No Mini Program is named here yet. 此处尚无小程序。" in text
    assert "are well" not in text
    assert "正常" not in text


def test_one_is_told_as_one(tmp_path: Path, clock: FakeClock) -> None:
    simulator = Simulator([SHOP], clock)
    (tmp_path / "apps.json").write_text(json.dumps([entry("shop", SHOP)]))
    with (
        logged("info"),
        RunningSimulator(simulator) as wechat,
        Exporter(
            tmp_path, wechat.url, clock, apps=[], app_files=["apps.json"],
            collect={"schedule": SELDOM, "reports": ["daily_visit_trend"]},
        ) as exporter,
    ):  # fmt: skip
        well = exporter.get("/?q=shop").text
        simulator.faults.add(Fault("errcode", code=48001))
        clock.advance(days=1)
        exporter.service.start_pass()
        passes_end()
        failing = exporter.get("/").text
    for told in (
        "The one report is well.", "<p>1 Mini Program. ", "apps.json: 1 app 个小程序",
        "<p>1 Mini Program found. ", "1 report is well, 1 个报表正常",
    ):  # fmt: skip
        assert told in well
    for told in (
        ">1 of 1 report needs a look. 1 个", ">1 of 1 report needs a look, 1 个",
        "<p>1 Mini Program, 1 with reports",
    ):  # fmt: skip
        assert told in failing


def test_its_links_lead_somewhere(troubled: Exporter) -> None:
    links = Page(troubled.get("/").text).links
    assert {"/metrics", "/docs/metrics", "/-/healthy", "/-/ready"} <= set(links)
    assert {troubled.get(link).status_code for link in links} == {200}


def test_apps_whose_names_differ_in_case_stay_apart(
    tmp_path: Path, wechat: RunningSimulator, clock: FakeClock
) -> None:
    apps = [entry("Shop", SHOP), entry("shop", CAFE)]
    with logged("info"), Exporter(tmp_path, wechat.url, clock, apps=apps) as exporter:
        assert {app for app, _ in Page(exporter.get("/").text).rows} == {"Shop", "shop"}


def test_hostile_texts_are_texts(troubled: Exporter) -> None:
    answer = troubled.get("/")
    page = Page(answer.text)
    assert HOSTILE[:60] in page.rows["cafe", "visit_page"][2]
    assert set(page.tags).isdisjoint({"script", "img", "iframe", "object"})
    assert not page.handlers
    assert answer.headers["content-security-policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


def test_it_holds_no_secret(troubled: Exporter) -> None:
    text = troubled.get("/").text
    assert SHOP.secret not in text
    assert CAFE.secret not in text
    assert "access_token" not in text


def test_in_a_browser_it_is_rendered_and_nothing_foreign_runs(
    troubled: Exporter, tmp_path: Path
) -> None:
    dom = chromium(tmp_path, f"{troubled.url}/", DESK, "--dump-dom")
    assert "<title>(2) wxa-exporter</title>" in dom
    assert Page(dom).rows == Page(troubled.get("/").text).rows


@pytest.mark.parametrize("width", [320, PHONE[0], 800, DESK[0]])
def test_no_width_makes_it_scroll_sideways_nor_run_foreign_texts(
    troubled: Exporter, tmp_path: Path, width: int
) -> None:
    """In a frame, since no window of Chromium is as narrow as a phone; no header protects it."""
    frame = f'<iframe width="{width}" height="844" srcdoc="{escape(troubled.get("/").text)}">'
    measure = """<script>onload = () => {
        const page = document.querySelector("iframe").contentDocument
        document.body.dataset.measured = [page.title, page.documentElement.scrollWidth].join()
    }</script>"""
    saved = tmp_path / "frame.html"
    saved.write_text(f'<meta charset="utf-8"><body>{frame}</iframe>{measure}', encoding="utf-8")
    dom = chromium(tmp_path, saved.as_uri(), DESK, "--dump-dom")
    assert f'data-measured="(2) wxa-exporter,{width}"' in dom


def test_it_can_be_drawn_as_on_a_phone(troubled: Exporter, tmp_path: Path) -> None:
    picture = tmp_path / "page.png"
    chromium(tmp_path, f"{troubled.url}/", PHONE, f"--screenshot={picture}")
    content = picture.read_bytes()
    assert struct.unpack(">II", content[16:24]) == PHONE
    assert len(content) > 20_000  # an empty page has less than 5,000


def test_an_archive_that_cannot_be_used_is_told_before_all_else(
    exporter: Exporter, tmp_path: Path
) -> None:
    archive = tmp_path / "archive.db"
    archive.unlink()
    archive.mkdir()
    exporter.service.tick()
    page = exporter.get("/").text
    assert "The archive cannot be used: nothing is asked until it works again" in page
    assert "存档不可用" in page
    assert "are well. 全部报表正常" not in page
    archive.rmdir()
    exporter.service.tick()
    passes_end()
    assert "are well. 全部报表正常" in exporter.get("/").text
