"""The label words against the tables of WeChat's reference and console."""

import pytest

from exporter.reports.codes import DEPTHS, SOURCE_NAMES, SOURCES, STAY_TIMES, word

SOURCE_LABELS = """
1 history_list 2 search 3 chat 4 scan_qr_code 5 official_account_profile 6 chat_top
7 system_desktop 8 mini_program_profile 9 nearby_mini_programs 10 other 11 template_message
12 customer_service_message 13 official_account_menu 14 app_share 15 payment_complete_page
16 long_press_qr_code 17 album_qr_code 18 official_account_article 19 wallet 20 card_pack
21 in_app_coupon 22 other_mini_program 23 return_from_other_mini_program 24 coupon_store_list
25 search_box_shortcut 26 mini_program_customer_service_message 27 official_account_push
28 system_conversation_menu 29 taskbar_recent 30 long_press_menu 31 wifi_connected_page
32 city_service 33 wechat_ads 34 other_mobile_app 35 discover_my_mini_programs
36 taskbar_my_mini_programs 37 wechat_circle 38 mobile_top_up 39 h5 40 plugin 41 popular_now
42 discover_page 43 floating_window 44 people_nearby 45 top_stories 46 moments 47 wecom 48 video
49 favorites 50 red_packet 51 game_center 52 shake 53 official_account_shopping_guide_message
54 object_recognition 55 mini_program_orders 56 mini_program_live 57 group_tools 59 group_todo
60 third_party_app 62 channels
"""


def test_every_source_has_the_label_of_the_reference() -> None:
    words = SOURCE_LABELS.split()
    labels = {int(key): label for key, label in zip(words[::2], words[1::2], strict=True)}
    assert dict(SOURCES) == labels


@pytest.mark.parametrize(
    ("key", "label", "name"),
    [
        (1, "history_list", "小程序历史列表"),
        (4, "scan_qr_code", "扫一扫二维码"),
        (10, "other", "其他"),
        (18, "official_account_article", "公众号文章"),
        (31, "wifi_connected_page", "连wifi成功页"),
        (57, "group_tools", "群工具"),
        (62, "channels", "视频号"),
    ],
)
def test_a_source_has_the_name_that_the_console_shows(key: int, label: str, name: str) -> None:
    assert SOURCE_NAMES[key] == (label, name)


def test_stay_times_and_depths_are_the_ranges_of_the_console() -> None:
    assert list(STAY_TIMES.items()) == [
        (1, "0-2s"), (2, "3-5s"), (3, "6-10s"), (4, "11-20s"),
        (5, "21-30s"), (6, "31-50s"), (7, "51-100s"), (8, ">100s"),
    ]  # fmt: skip
    assert list(DEPTHS.items()) == [
        (1, "1"), (2, "2"), (3, "3"), (4, "4"), (5, "5"), (6, "6-10"), (7, ">10"),
    ]  # fmt: skip


@pytest.mark.parametrize("codes", [SOURCES, STAY_TIMES, DEPTHS], ids=["source", "stay", "depth"])
def test_no_two_keys_share_a_label(codes: dict[int, str]) -> None:
    assert len(set(codes.values())) == len(codes)


def test_no_two_sources_share_a_name() -> None:
    assert len({name for _, name in SOURCE_NAMES.values()}) == len(SOURCE_NAMES)


@pytest.mark.parametrize(
    ("key", "label"), [(58, "unknown_58"), (61, "unknown_61"), (0, "unknown_0")]
)
def test_a_key_that_wechat_added_since_is_kept_by_its_number(key: int, label: str) -> None:
    assert word(SOURCES, key) == label
