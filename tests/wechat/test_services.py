"""A token service that fails: told once, asked by one app for all, and the others wait for it."""

from collections.abc import Callable
from threading import Barrier, Thread

import pytest

from exporter.errors import Busy, NeedsOperator, Waiting
from exporter.wechat.services import LONGEST_SECONDS, SHORTEST_SECONDS, TokenService, TokenServices
from tests.logged import logged
from tests.support import own_text
from tests.wechat.conftest import Wiring

URL = "https://user:password@tokens.example:8443/token?app=shop&key=hunter2"
ORIGIN = "https://tokens.example:8443"


class Service:
    """What stands behind the URL, and which apps asked it."""

    def __init__(self) -> None:
        self.fault: Busy | None = None
        self.asked: list[str] = []

    def fetch(self, app: str) -> Callable[[], str]:
        def fetch() -> str:
            self.asked.append(app)
            if self.fault:
                raise self.fault
            return f"token-of-{app}"

        return fetch


def longest(_: float, high: float) -> float:
    return high


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def state(wiring: Wiring) -> TokenService:
    """One that always waits as long as it may."""
    return wiring.services(longest).of(URL)


def down(code: str = "connection") -> Busy:
    return Busy("token_url: no connection", code=code)


def gauge(wiring: Wiring) -> list[str]:
    lines = own_text(wiring.telemetry).splitlines()
    return [line for line in lines if line.startswith("wxa_exporter_token_service_up")]


def fail(state: TokenService, service: Service, *apps: str) -> list[str]:
    """The codes with which apps fail."""
    codes = []
    for app in apps:
        with pytest.raises(Busy) as told:
            state.ask(app, service.fetch(app))
        codes.append(told.value.code)
    return codes


def test_a_service_that_answers_gives_every_app_its_own(
    wiring: Wiring, state: TokenService, service: Service
) -> None:
    told = [state.ask(app, service.fetch(app)) for app in ("a", "b")]
    assert told == ["token-of-a", "token-of-b"]
    assert gauge(wiring) == [f'wxa_exporter_token_service_up{{service="{ORIGIN}"}} 1.0']


def test_one_app_that_fails_is_its_own_trouble(
    wiring: Wiring, state: TokenService, service: Service
) -> None:
    service.fault = down()
    assert fail(state, service, "a", "a", "a") == ["connection"] * 3
    assert gauge(wiring) == []


@pytest.mark.parametrize("code", ["timeout", "connection", "http_500", "http_503", "http_429"])
def test_after_two_apps_nobody_asks_until_it_is_time(
    wiring: Wiring, state: TokenService, service: Service, code: str
) -> None:
    service.fault = down(code)
    with logged() as lines:
        codes = fail(state, service, "a", "b")
        # The next tries come soon: those that wait for them make them.
        codes += fail(state, service, "c", "d")
        codes += fail(state, service, *(f"app-{number}" for number in range(1000)))
    assert codes == [code, *["token_service"] * 1003]
    assert service.asked == ["a", "b", "c", "d"]
    assert wiring.clock.waits == [4.0, 8.0]
    (line,) = lines.getvalue().splitlines()
    assert "token service failing" in line
    assert f"service={ORIGIN}" in line
    assert "hunter2" not in line
    assert "password" not in line
    assert gauge(wiring) == [f'wxa_exporter_token_service_up{{service="{ORIGIN}"}} 0.0']


@pytest.mark.parametrize("code", ["http_403", "http_404", "malformed"])
def test_what_may_be_one_app_s_own_fault_never_stops_the_others(
    wiring: Wiring, state: TokenService, service: Service, code: str
) -> None:
    service.fault = down(code)
    assert fail(state, service, "a", "b", "c") == [code] * 3
    assert gauge(wiring) == [f'wxa_exporter_token_service_up{{service="{ORIGIN}"}} 1.0']


def test_a_success_between_two_failures_is_a_service_that_works(
    state: TokenService, service: Service
) -> None:
    for app in ("a", "b", "c"):
        service.fault = down()
        assert fail(state, service, app) == ["connection"]
        service.fault = None
        state.ask("d", service.fetch("d"))


def test_the_pauses_grow_to_five_minutes_and_end_with_a_success(
    wiring: Wiring, state: TokenService, service: Service
) -> None:
    service.fault = down()
    fail(state, service, "a", "b")
    pauses = []
    for _ in range(9):
        before = wiring.clock.now()
        while not service.asked[2:]:
            wiring.clock.advance(seconds=1)
            fail(state, service, "c")
        pauses.append(round((wiring.clock.now() - before).total_seconds()))
        del service.asked[2:]
    # What comes within ten seconds is waited for.
    assert pauses == [4, 8, 16, 32, 64, 128, 256, 300, 300]
    service.fault = None
    wiring.clock.advance(seconds=LONGEST_SECONDS)
    with logged() as lines:
        assert state.ask("z", service.fetch("z")) == "token-of-z"
        assert state.ask("y", service.fetch("y")) == "token-of-y"
    (line,) = lines.getvalue().splitlines()
    assert "token service works again" in line
    assert "seconds=1408" in line
    assert gauge(wiring) == [f'wxa_exporter_token_service_up{{service="{ORIGIN}"}} 1.0']


def test_a_clock_that_wakes_a_little_early_changes_nothing(
    wiring: Wiring, service: Service
) -> None:
    state = wiring.services(lambda low, _: low + 1e-7).of(URL)
    service.fault = down()
    fail(state, service, *(f"app-{number}" for number in range(100)))
    assert len(service.asked) == 5


def test_every_pause_is_drawn_between_half_and_all_of_twice_the_one_before(
    wiring: Wiring, service: Service
) -> None:
    asked: list[tuple[float, float]] = []

    def jitter(low: float, high: float) -> float:
        asked.append((low, high))
        return low

    state = wiring.services(jitter).of(URL)
    service.fault = down()
    fail(state, service, "a", "b", "c", "d")
    assert asked == [(SHORTEST_SECONDS, 4.0), (4.0, 8.0), (8.0, 16.0)]


def test_the_apps_that_come_together_are_told_by_the_one_that_asks(
    state: TokenService, service: Service
) -> None:
    service.fault = down()
    fail(state, service, "a", "b")
    together, codes = Barrier(8), []

    def come(app: str) -> None:
        together.wait()
        try:
            state.ask(app, service.fetch(app))
        except Busy as error:
            codes.append(error.code)

    threads = [Thread(target=come, args=(f"app-{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == ["token_service"] * 8
    assert service.asked[:2] == ["a", "b"]
    assert len(service.asked) == 4


def test_a_restart_that_is_over_soon_costs_nobody_a_pass(
    wiring: Wiring, state: TokenService, service: Service
) -> None:
    service.fault = down()
    fail(state, service, "a", "b")
    service.fault = None
    assert state.ask("c", service.fetch("c")) == "token-of-c"
    assert wiring.clock.waits == [4.0]


def test_a_stop_ends_the_waiting_and_asks_no_more(
    wiring: Wiring, state: TokenService, service: Service
) -> None:
    service.fault = down()
    fail(state, service, "a", "b")
    wiring.stop.set()
    assert fail(state, service, "c") == ["token_service"]
    assert service.asked == ["a", "b"]


def test_a_fault_of_another_kind_passes_and_changes_nothing(
    wiring: Wiring, state: TokenService
) -> None:
    def broken() -> str:
        raise NeedsOperator("no", code="secret")

    with pytest.raises(NeedsOperator):
        state.ask("a", broken)
    assert gauge(wiring) == []


def test_services_are_told_apart_by_scheme_host_and_port(wiring: Wiring) -> None:
    services: TokenServices = wiring.services()
    shop = services.of("http://tokens.example/token?app=shop")
    assert services.of("http://x:y@TOKENS.example/other?app=cafe") is shop
    assert services.of("https://tokens.example/token") is not shop
    assert services.of("http://tokens.example:81/token") is not shop
    assert services.origins == {
        "http://tokens.example", "https://tokens.example", "http://tokens.example:81",
    }  # fmt: skip


def test_the_message_says_what_is_wrong_and_when_it_is_tried_next(
    state: TokenService, service: Service
) -> None:
    service.fault = down()
    fail(state, service, "a", "b", "c", "d")
    with pytest.raises(Waiting) as told:
        state.ask("d", service.fetch("d"))
    assert str(told.value) == (
        f"the token service {ORIGIN} is out of order (token_url: no connection): one app asks it "
        "for all of its apps, next in 16 s"
    )
