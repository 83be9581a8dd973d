"""Tokens live and die as WeChat's do."""

from datetime import date
from typing import Any

from exporter.periods import Period, Window
from exporter.simulator import Simulator
from tests.support import FakeClock

from .conftest import GAME, SHOP, Client

DAILY = "getweanalysisappiddailyvisittrend"
WINDOW = Window(Period.DAY, date(2026, 3, 10))


def code_with(client: Client, token: str) -> Any:  # noqa: ANN401 - None when all is well
    return client.ask(DAILY, WINDOW, token).get("errcode")


def test_a_token_is_long_and_good_for_two_hours(client: Client, clock: FakeClock) -> None:
    reply = client.stable()
    assert set(reply) == {"access_token", "expires_in"}
    assert reply["expires_in"] == 7200
    assert len(reply["access_token"]) >= 120
    clock.advance(seconds=7199)
    assert code_with(client, reply["access_token"]) is None
    clock.advance(seconds=1)
    assert code_with(client, reply["access_token"]) == 42001


def test_a_token_gives_the_data_of_its_own_app(client: Client) -> None:
    shop = client.stable()["access_token"]
    game = client.stable(appid=GAME.appid, secret=GAME.secret)["access_token"]
    assert client.ask(DAILY, WINDOW, shop) != client.ask(DAILY, WINDOW, game)


def test_a_new_classic_token_kills_the_previous_one_after_five_minutes(
    client: Client, clock: FakeClock
) -> None:
    first = client.classic()["access_token"]
    second = client.classic()["access_token"]
    assert first != second
    clock.advance(seconds=299)
    assert code_with(client, first) is None
    clock.advance(seconds=1)
    assert code_with(client, first) == 40001
    assert code_with(client, second) is None


def test_classic_tokens_are_limited_to_two_thousand_a_day(
    client: Client, simulator: Simulator, clock: FakeClock
) -> None:
    query = {"grant_type": "client_credential", "appid": SHOP.appid, "secret": SHOP.secret}
    outcomes = {simulator.answer_token("GET", query).outcome for _ in range(2000)}
    assert outcomes == {"0"}
    assert client.classic()["errcode"] == 45009
    clock.advance(hours=11)
    assert "access_token" in client.classic()


def test_the_stable_token_stays_the_same_until_its_last_five_minutes(
    client: Client, clock: FakeClock
) -> None:
    first = client.stable()["access_token"]
    clock.advance(seconds=6899)
    again = client.stable()
    assert again == {"access_token": first, "expires_in": 301}
    clock.advance(seconds=1)
    renewed = client.stable()
    assert renewed["access_token"] != first
    assert renewed["expires_in"] == 7200
    clock.advance(seconds=299)
    assert code_with(client, first) is None
    clock.advance(seconds=1)
    assert code_with(client, first) == 42001
    assert code_with(client, renewed["access_token"]) is None


def test_a_forced_refresh_kills_the_previous_stable_token_at_once(client: Client) -> None:
    first = client.stable()["access_token"]
    second = client.stable(force_refresh=True)["access_token"]
    assert code_with(client, first) == 40001
    assert code_with(client, second) is None
    assert client.stable()["access_token"] == second


def test_forced_refreshes_are_thirty_seconds_apart(client: Client, clock: FakeClock) -> None:
    client.stable(force_refresh=True)
    clock.advance(seconds=29)
    assert client.stable(force_refresh=True)["errcode"] == 45011
    clock.advance(seconds=1)
    assert "access_token" in client.stable(force_refresh=True)


def test_twenty_forced_refreshes_a_day_are_the_limit(client: Client, clock: FakeClock) -> None:
    codes = []
    for _ in range(21):
        clock.advance(seconds=30)
        codes.append(client.stable(force_refresh=True).get("errcode"))
    assert codes == [None] * 20 + [45009]
    assert "access_token" in client.stable()
    clock.advance(hours=12)
    assert "access_token" in client.stable(force_refresh=True)


def test_the_two_kinds_of_token_do_not_touch_each_other(client: Client, clock: FakeClock) -> None:
    stable, classic = client.stable()["access_token"], client.classic()["access_token"]
    client.stable(force_refresh=True)
    assert code_with(client, classic) is None
    stable = client.stable()["access_token"]
    client.classic()
    clock.advance(minutes=6)
    assert code_with(client, classic) == 40001
    assert code_with(client, stable) is None


def test_one_apps_tokens_do_not_touch_anothers(client: Client, clock: FakeClock) -> None:
    first = client.classic()["access_token"]
    client.classic(appid=GAME.appid, secret=GAME.secret)
    clock.advance(minutes=6)
    assert code_with(client, first) is None
    assert client.classic(appid=GAME.appid, secret=SHOP.secret)["errcode"] == 40001
