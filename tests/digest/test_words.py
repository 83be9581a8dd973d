"""A digest as people and programs read it."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from exporter.days import DayKind
from exporter.digest import Digest, Form, Language, worded
from exporter.digest.numbers import Missing, Move, Told, Why
from exporter.digest.words import MARKDOWN_BYTES, NAME_CELLS
from tests.support import beijing

# ruff: noqa: E501 - lines as they are printed

NOBODY = Told(None)


def shop(**changes: Any) -> Digest:  # noqa: ANN401 - fields of the digest
    """A bad Wednesday."""
    fields: dict[str, Any] = {
        "app": "shop",
        "day": date(2026, 3, 18),
        "kind": DayKind.WORKDAY,
        "visitors": Told(3_402, 5_012, 150),
        "new_visitors": Told(410, 447, 21.5),
        "sessions": Told(7_021, 10_020, 200),
        "retention": Told(0.182, 0.193, 0.01),
        "sources": (
            Move("scan_qr_code", Told(204, 2_404, 50)),
            Move("search", Told(900, 700, 30)),
        ),
        "pages": (Move("pages/pay", Told(300, 600, 30)),),
        "missing": (Missing("visit_page", Why.NOT_PUBLISHED, beijing("2026-03-19 09:30")),),
    }
    return Digest(**fields | changes)


EMPTY = shop(
    visitors=NOBODY, new_visitors=NOBODY, sessions=NOBODY, retention=NOBODY, sources=(), pages=(),
    missing=(Missing("daily_visit_trend", Why.NOT_ANSWERED),),
)  # fmt: skip

TEXT = """\
shop  2026-03-18 Wed, working day
  Visitors 32% below the usual. Most moved: sessions by scan_qr_code -2,200; views of pages/pay -300.
    Visitors            3,402         -32%  usually 5,012 (4,712 to 5,312)
    New visitors          410          -8%  usually 447 (404 to 490)
    Sessions            7,021         -30%  usually 10,020 (9,620 to 10,420)
    Came back next day  18.2%  -1.1 points  usually 19.3% (17.3% to 21.3%)

  Sessions by source
    scan_qr_code  204  -92%  usually 2,404 (2,304 to 2,504)
    search        900  +29%  usually 700 (640 to 760)

  Views of pages
    pages/pay  300  -50%  usually 600 (540 to 660)

  Missing
    visit_page: WeChat had nothing when asked at 03-19 09:30"""

TEXT_ZH = """\
shop  2026-03-18 周三，工作日
  访问人数比通常值低 32%。变动最大：扫一扫二维码（打开次数 -2,200）；pages/pay（访问次数 -300）。
    访问人数        3,402           -32%  通常 5,012（4,712 至 5,312）
    新用户数          410            -8%  通常 447（404 至 490）
    打开次数        7,021           -30%  通常 10,020（9,620 至 10,420）
    新用户次日留存  18.2%  -1.1 个百分点  通常 19.3%（17.3% 至 21.3%）

  来源（打开次数）
    扫一扫二维码  204  -92%  通常 2,404（2,304 至 2,504）
    搜索          900  +29%  通常 700（640 至 760）

  页面（访问次数）
    pages/pay  300  -50%  通常 600（540 至 660）

  缺失
    visit_page：03-19 09:30 查询时微信尚无数据"""

MARKDOWN = """\
### shop 2026-03-18 Wed, working day
**Visitors 32% below the usual. Most moved: sessions by scan_qr_code -2,200; views of pages/pay -300.**
> Visitors **3,402** <font color="warning">-32%</font> usually 5,012 (4,712 to 5,312)
> New visitors **410** <font color="comment">-8%</font> usually 447 (404 to 490)
> Sessions **7,021** <font color="warning">-30%</font> usually 10,020 (9,620 to 10,420)
> Came back next day **18.2%** <font color="comment">-1.1 points</font> usually 19.3% (17.3% to 21.3%)
**Sessions by source**
> scan_qr_code **204** <font color="warning">-92%</font> usually 2,404 (2,304 to 2,504)
> search **900** <font color="info">+29%</font> usually 700 (640 to 760)
**Views of pages**
> pages/pay **300** <font color="warning">-50%</font> usually 600 (540 to 660)
<font color="comment">Missing: visit_page: WeChat had nothing when asked at 03-19 09:30</font>"""


def test_text_in_english() -> None:
    assert worded([shop()], Form.TEXT, Language.ENGLISH) == TEXT


def test_text_in_chinese_aligns_wide_characters_by_their_cells() -> None:
    told = worded([shop()], Form.TEXT, Language.CHINESE)
    assert told == TEXT_ZH
    figures = told.splitlines()[2:6]
    assert len({cell_len(line.partition("通常")[0]) for line in figures}) == 1


def test_markdown_is_a_group_robots() -> None:
    assert worded([shop()], Form.MARKDOWN, Language.ENGLISH) == MARKDOWN


def test_json_has_the_numbers_and_says_null_where_nobody_knows() -> None:
    (told,) = json.loads(worded([shop(retention=NOBODY)], Form.JSON, Language.ENGLISH))
    assert told["visitors"] == {
        "value": 3402, "usual": 5012, "deviation": 150, "change": (3402 - 5012) / 5012,
        "notable": True,
    }  # fmt: skip
    assert told["retention"] == {
        "value": None, "usual": None, "deviation": None, "change": None, "notable": False,
    }  # fmt: skip
    assert (told["app"], told["day"], told["kind"]) == ("shop", "2026-03-18", "workday")
    assert told["sources"][0]["name"] == "scan_qr_code"
    assert told["missing"] == [
        {
            "report": "visit_page", "why": "not_published", "at": "2026-03-19T09:30:00+08:00",
            "message": "",
        },
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("visitors", "sentence"),
    [
        (Told(5_000, 5_012, 150), "Visitors as usual."),
        (
            Told(6_014, 5_012, 150),
            "Visitors 20% above the usual. Most moved: sessions by search +200.",
        ),
        (Told(5_000), "Nothing to compare with: fewer than three days like it are archived."),
        (Told(5_000, 0, 0), "Nothing to compare with: fewer than three days like it are archived."),
    ],
)
def test_the_second_line_says_whether_it_was_a_good_day(visitors: Told, sentence: str) -> None:
    told = worded([shop(visitors=visitors)], Form.TEXT, Language.ENGLISH)
    assert told.splitlines()[1].strip() == sentence


def test_a_day_of_which_nothing_is_known_says_so_and_why() -> None:
    assert worded([EMPTY], Form.TEXT, Language.ENGLISH).splitlines() == [
        "shop  2026-03-18 Wed, working day",
        "  Nothing is known of this day.",
        "",
        "  Missing",
        "    daily_visit_trend: no answer is archived; not asked yet, or refused: see the "
        "exporter's page",
    ]


def test_a_year_without_a_calendar_has_no_kind_of_day() -> None:
    told = worded([shop(kind=None)], Form.TEXT, Language.CHINESE)
    assert told.splitlines()[0] == "shop  2026-03-18 周三"


def test_a_page_cannot_write_on_the_terminal_or_mark_up_the_message() -> None:
    page = "pages/\x1b[31m`**</font>\n#"
    digest = shop(pages=(Move(page, Told(1, 100, 1)),))
    assert "\x1b" not in worded([digest], Form.TEXT, Language.ENGLISH)
    told = worded([digest], Form.MARKDOWN, Language.ENGLISH)
    line = next(line for line in told.splitlines() if line.startswith("> pages"))
    assert line.startswith("> pages/?［31m'＊＊＜/font＞?# **1** <font")


def test_a_long_page_keeps_both_ends_and_its_line() -> None:
    page = "packages/" + "很长" * 40 + "/detail"
    told = worded([shop(pages=(Move(page, Told(1, 100, 1)),))], Form.TEXT, Language.ENGLISH)
    name = next(line for line in told.splitlines() if "/detail  " in line).split("  ")[2]
    assert name.startswith("packages/很")
    assert "..." in name
    assert cell_len(name) <= NAME_CELLS


def test_many_apps_become_a_line_each() -> None:
    digests = [shop(app=f"shop-{n}") for n in range(10)]
    assert worded(digests, Form.MARKDOWN, Language.ENGLISH).splitlines() == [
        f'**shop-{n}** Visitors **3,402** <font color="warning">-32%</font> '
        "usually 5,012 (4,712 to 5,312)"
        for n in range(10)
    ]


def test_more_apps_than_a_message_holds_leave_those_that_changed_most() -> None:
    calm = Told(5_010, 5_012, 150)
    digests = [shop(app=f"calm-{n}", visitors=calm) for n in range(100)]
    told = worded([*digests, shop(), EMPTY], Form.MARKDOWN, Language.ENGLISH)
    assert len(told.encode()) <= MARKDOWN_BYTES
    lines = told.splitlines()
    assert lines[0].startswith("**shop** Visitors **3,402**")
    assert lines[-1] == f"and {102 - len(lines) + 1} more: see --app"


names = st.text(min_size=1, max_size=200)
numbers = st.builds(Told, st.floats(0, 1e9), st.floats(1, 1e9), st.floats(1, 1e9))
moves = st.lists(st.builds(Move, names, numbers), max_size=3).map(tuple)
refusals = st.builds(
    Missing, st.just("visit_page"), st.just(Why.REFUSED), st.just(beijing("2026-03-19 09:30")),
    names,
)  # fmt: skip
digests = st.builds(
    shop, visitors=numbers, sources=moves, pages=moves,
    missing=st.lists(refusals, max_size=4).map(tuple),
)  # fmt: skip


@settings(max_examples=50)
@given(st.lists(digests, min_size=1, max_size=40), st.sampled_from(Language))
def test_a_message_always_fits(found: list[Digest], language: Language) -> None:
    told = worded(found, Form.MARKDOWN, language)
    assert 0 < len(told.encode()) <= MARKDOWN_BYTES
    assert told.count("<font") == told.count("</font>")
