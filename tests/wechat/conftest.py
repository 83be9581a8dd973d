"""The parts that talk to WeChat, wired to a simulator."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Event
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from exporter.clock import Clock
from exporter.config import App, TokenKind
from exporter.simulator import RunningSimulator, Simulator
from exporter.telemetry import Telemetry
from exporter.wechat.client import Client
from exporter.wechat.pacing import Pacer
from exporter.wechat.services import Jitter, TokenServices
from exporter.wechat.session import Session
from exporter.wechat.tokens import TokenSource, token_source
from exporter.wechat.transport import Transport
from tests.conftest import SHOP
from tests.support import FakeClock, own_text


@dataclass
class Wiring:
    """Builds clients, and shows what they counted, did and waited for."""

    url: str
    clock: FakeClock
    session: Session
    telemetry: Telemetry = field(
        default_factory=lambda: Telemetry(CollectorRegistry(), CollectorRegistry())
    )
    stop: Event = field(default_factory=Event)

    def app(self, **source: str) -> App:
        """The app `shop`, with its secret unless another source is named."""
        return App.model_validate(
            {"name": "shop", "appid": SHOP.appid, **(source or {"secret": SHOP.secret})}
        )

    def transport(
        self, timeout: float = 5, proxy: str | None = None, clock: Clock | None = None
    ) -> Transport:
        """A transport that is never paced."""
        clock = clock or self.clock
        secret = SecretStr(proxy) if proxy else None
        pacer = Pacer(1e9, clock, self.stop)
        return Transport(self.session, clock, self.telemetry, pacer, timeout, secret)

    def services(self, jitter: Jitter = random.uniform) -> TokenServices:
        """Token services of which none has failed yet."""
        return TokenServices(self.clock, self.telemetry, self.stop, jitter)

    def tokens(
        self, kind: TokenKind = TokenKind.STABLE, url: str | None = None, **source: str
    ) -> TokenSource:
        """The token source of an app."""
        url = url or self.url
        return token_source(
            self.app(**source), kind, url, self.transport(), self.clock, self.services()
        )

    def client(
        self, kind: TokenKind = TokenKind.STABLE, transport: Transport | None = None, **source: str
    ) -> Client:
        """A client of the app `shop`."""
        transport = transport or self.transport()
        tokens = token_source(
            self.app(**source), kind, self.url, transport, self.clock, self.services()
        )
        return Client("shop", self.url, tokens, transport, self.clock, self.stop)

    def counted(self) -> dict[str, float]:
        """The lines of wxa_exporter_api_requests_total: what stands in braces, and the value."""
        name = "wxa_exporter_api_requests_total"
        lines = own_text(self.telemetry).splitlines()
        pairs = [line.removeprefix(name).split() for line in lines if line.startswith(name)]
        return {labels: float(value) for labels, value in pairs}


@pytest.fixture
def session() -> Iterator[Session]:
    """A session that the environment's proxies do not reach."""
    with Session(4) as session:
        session.trust_env = False
        yield session


class Present:
    """The simulator of the present test behind one server: starting one for each takes 0.2 s."""

    simulator: Simulator

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the simulator has
        return getattr(self.simulator, name)


@pytest.fixture(scope="session")
def one_server() -> Iterator[tuple[Present, str]]:
    """A server for all tests of this folder, and its URL."""
    present = Present()
    with RunningSimulator(cast(Simulator, present)) as running:
        yield present, running.url


@pytest.fixture
def wiring(
    one_server: tuple[Present, str],
    simulator: Simulator,
    clock: FakeClock,
    session: Session,
) -> Wiring:
    """Everything wired to the running simulator."""
    present, url = one_server
    present.simulator = simulator
    return Wiring(url, clock, session)
