"""Which of several exporters an app belongs to."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.config import Config
from exporter.config.shard import Shard, shard_of

APPIDS = [f"wx{number:016x}" for number in range(2_000)]


def holders(appid: str, total: int) -> list[int]:
    return [ordinal for ordinal in range(total) if Shard(ordinal, total).holds(appid)]


@given(st.text(max_size=30), st.integers(1, 12))
def test_every_app_belongs_to_one_shard(appid: str, total: int) -> None:
    assert len(holders(appid, total)) == 1


def test_shards_hold_about_as_many_apps_each() -> None:
    held = Counter(holders(appid, 4)[0] for appid in APPIDS)
    assert min(held.values()) > 0.85 * len(APPIDS) / 4


def test_one_shard_more_takes_its_part_and_moves_nothing_else() -> None:
    moved = [appid for appid in APPIDS if holders(appid, 4) != holders(appid, 5)]
    assert {holders(appid, 5)[0] for appid in moved} == {4}
    assert len(moved) < 1.2 * len(APPIDS) / 5


def test_where_an_app_belongs_stays_the_same_over_releases() -> None:
    assert [holders(appid, 4)[0] for appid in APPIDS[:12]] == [2, 3, 3, 1, 2, 0, 0, 2, 0, 3, 2, 0]


def test_a_shard_has_its_apps_alone_and_other_apps_do_not_matter() -> None:
    apps = [{"name": f"a{n}", "appid": appid, "secret": "s"} for n, appid in enumerate(APPIDS[:40])]
    parts = [
        {app.name for app in Shard(ordinal, 3).part_of(Config.model_validate({"apps": apps})).apps}
        for ordinal in range(3)
    ]
    assert sorted(name for part in parts for name in part) == sorted(app["name"] for app in apps)
    fewer = Shard(1, 3).part_of(Config.model_validate({"apps": apps[:20]}))
    assert {app.name for app in fewer.apps} <= parts[1]


@pytest.mark.parametrize("ordinal", ["2", "wxa-exporter-2", "shop-1-exporter-2"])
def test_the_ordinal_is_a_number_or_ends_a_pods_name(ordinal: str) -> None:
    assert shard_of(ordinal, 3) == Shard(2, 3)


@pytest.mark.parametrize(
    ("ordinal", "told"),
    [
        (
            "wxa-exporter",
            "'wxa-exporter' is no shard: give a number from 0, or a StatefulSet's pod name like "
            "wxa-exporter-0",
        ),
        (
            "3",
            "shard 3 does not exist: of 3 in all (--total-shards) the last one is 2",
        ),
        (
            "-1",
            "'-1' is no shard: give a number from 0, or a StatefulSet's pod name like "
            "wxa-exporter-0",
        ),
    ],
)
def test_a_wrong_ordinal_is_refused_with_what_would_be_right(ordinal: str, told: str) -> None:
    with pytest.raises(ValueError, match="shard") as refused:
        shard_of(ordinal, 3)
    assert str(refused.value) == told
