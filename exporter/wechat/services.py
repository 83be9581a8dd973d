"""Token services, each shared by many apps: a fault is told once, and one app asks for all.

Where a service is out of order, the apps whose token it should give are not asked one after the
other whether it still is. Its fault stops nobody's numbers that are shown.
"""

import random
from collections.abc import Callable, Iterable
from threading import Event, Lock
from urllib.parse import urlsplit

import structlog

from exporter.clock import Clock
from exporter.errors import Busy, Waiting
from exporter.telemetry import Telemetry

# One app that fails may be the app's own trouble.
APPS_THAT_TELL = 2
# Before the first try after a fault, and before later ones: twice as long each time, and of that
# half or more, by chance, so that several exporters do not come together.
SHORTEST_SECONDS, LONGEST_SECONDS = 2.0, 300.0
# A restarted service is back so soon: until then an app waits rather than miss a whole pass.
PATIENCE_SECONDS = 10.0

Jitter = Callable[[float, float], float]

log = structlog.get_logger()


class TokenService:
    """One service: whether it works, and who finds out when it does again. Thread safe."""

    def __init__(
        self, origin: str, clock: Clock, telemetry: Telemetry, stop: Event, jitter: Jitter
    ) -> None:
        self.origin = origin
        self._clock = clock
        self._telemetry = telemetry
        self._stop = stop
        self._jitter = jitter
        self._lock = Lock()
        # Held by the app that asks for all.
        self._asking = Lock()
        self._failed: set[str] = set()
        self._fault = ""
        self._begun = self._next = 0.0
        self._pause = SHORTEST_SECONDS
        self._up: bool | None = None

    def ask(self, app: str, fetch: Callable[[], str]) -> str:
        """What `fetch` gives. Raises Waiting, without fetching, while the service is known out."""
        if self._up is False:
            with self._asking:
                # The one before may have found that it works.
                if self._up is False:
                    self._wait()
                    return self._try(app, fetch, for_all=True)
        return self._try(app, fetch, for_all=False)

    def _wait(self) -> None:
        """Wait for the next try where that is soon. Raises Waiting where it is not."""
        left = self._next - self._clock.monotonic()
        if left > PATIENCE_SECONDS or (left > 0 and self._clock.wait(left, self._stop)):
            raise self._waiting()

    def _try(self, app: str, fetch: Callable[[], str], *, for_all: bool) -> str:
        try:
            text = fetch()
        except Busy as error:
            if not _is_the_service_s(error.code):
                self._works()
                raise
            if self._fails(app, error, for_all):
                raise self._waiting() from None
            raise
        self._works()
        return text

    def _fails(self, app: str, error: Busy, for_all: bool) -> bool:
        """Note a fault. True once it is the service's and no more the app's."""
        with self._lock:
            self._failed.add(app)
            known, now = self._up is False, self._clock.monotonic()
            if not known and len(self._failed) < APPS_THAT_TELL:
                return False
            if not known:
                self._begun, self._pause = now, SHORTEST_SECONDS
            # Those that were under way together tell nothing new.
            if not known or for_all:
                self._fault = str(error)
                self._pause = min(self._pause * 2, LONGEST_SECONDS)
                self._next = now + self._jitter(self._pause / 2, self._pause)
            if not known:
                self._tell(False)
                log.error(
                    "token service failing", service=self.origin, error=self._fault,
                    consequence="its apps keep their values; one of them asks it for all",
                )  # fmt: skip
            return True

    def _works(self) -> None:
        with self._lock:
            self._failed.clear()
            if self._up is False:
                seconds = round(self._clock.monotonic() - self._begun)
                log.info("token service works again", service=self.origin, seconds=seconds)
            if not self._up:
                self._tell(True)

    def _tell(self, up: bool) -> None:
        self._up = up
        self._telemetry.token_service(self.origin, up)

    def _waiting(self) -> Waiting:
        seconds = max(round(self._next - self._clock.monotonic()), 0)
        return Waiting(
            f"the token service {self.origin} is out of order ({self._fault}): one app asks it for "
            f"all of its apps, next in {seconds} s"
        )


class TokenServices:
    """The services that apps name as token_url, each once."""

    def __init__(
        self,
        clock: Clock,
        telemetry: Telemetry,
        stop: Event,
        jitter: Jitter = random.uniform,
    ) -> None:
        self._parts = clock, telemetry, stop, jitter
        self._services: dict[str, TokenService] = {}

    def of(self, url: str) -> TokenService:
        """The service behind a URL: what has the same scheme, host and port is one."""
        origin = _origin(url)
        if origin not in self._services:
            self._services[origin] = TokenService(origin, *self._parts)
        return self._services[origin]

    def keep(self, urls: Iterable[str]) -> None:
        """Forget the services that are behind none of these URLs."""
        wanted = {_origin(url) for url in urls}
        self._services = {o: each for o, each in self._services.items() if o in wanted}

    @property
    def origins(self) -> set[str]:
        return set(self._services)


def _origin(url: str) -> str:
    """Scheme, host and port of a URL; never its user, password or query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}".lower()


def _is_the_service_s(code: str) -> bool:
    """Whether a fault is likely to meet every app: a refusal (4xx) or an odd text is one app's."""
    return code in ("timeout", "connection", "http_429") or code.startswith("http_5")
