"""The process that serves: the parts put together, and the signals that reach it."""

import signal
import socket
import threading
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress

import structlog

from exporter import __version__
from exporter.archive import open_archive
from exporter.clock import SystemClock
from exporter.config import Config
from exporter.config.models import listen_address
from exporter.config.shard import Shard
from exporter.discovery import Discovery
from exporter.errors import ExporterError, ListenError
from exporter.service import Service
from exporter.telemetry import new_telemetry
from exporter.web.access import Policies
from exporter.web.routes import create_app
from exporter.web.server import Server, bind
from exporter.wechat.session import Session

# Among the signals: a process that answers nobody must end, so that a supervisor restarts it.
WEB_ENDED = 0
WHOLE = Shard()

log = structlog.get_logger()


def serve(
    config: Config,
    load: Callable[[], Config] | None,
    addresses: Sequence[str],
    telemetry_path: str,
    started: Callable[[Service], None] = lambda service: None,  # noqa: ARG005
    shard: Shard = WHOLE,
    *,
    policies: Policies | None = None,
    lifecycle: bool = False,
) -> None:
    """Collect and answer until SIGTERM or SIGINT; SIGHUP reloads through `load`.

    Of a configuration only the shard's apps are collected and shown.
    Without a `load` there is nothing to reload, and SIGHUP, a closed terminal, ends it too.
    `started` is called once the archive has been read. `policies` say who is answered, by default
    everybody; with `lifecycle` everybody who is may reload. Raises ListenError for an address
    that is taken, ArchiveError when the archive cannot be used.
    """
    noted, note = socket.socketpair()
    note.setblocking(False)
    # The interpreter writes a signal's number there when it arrives. A handler would run when this
    # thread runs next: of one that came when it was about to wait nobody would hear.
    signal.set_wakeup_fd(note.fileno())
    threading.excepthook = _log_thread_failure
    for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(each, lambda *_: None)

    def web_ended() -> None:
        with suppress(OSError):  # so late that nobody waits any more
            note.send(bytes([WEB_ENDED]))

    sockets = [_listen(address) for address in addresses]
    archive = open_archive(config)
    archive.claims.begin()
    telemetry = new_telemetry()
    telemetry.sharded(*shard)
    clock = SystemClock()
    discovery = Discovery(Session(len(config.app_urls) or 1), clock, telemetry, shard)
    service = Service(
        config, load or (lambda: config), archive, telemetry, clock, Session, discovery
    )
    policies = policies or Policies()
    web = create_app(service, telemetry_path, lambda: lifecycle or policies.current().authenticates)
    server = Server(web, sockets, web_ended, policies)
    server.start()
    try:
        service.start()
        log.info(
            "serving", version=__version__, apps=len(service.runtime.config.apps),
            addresses=" ".join(addresses), path=telemetry_path,
        )  # fmt: skip
        started(service)
        while (number := noted.recv(1)[0]) == signal.SIGHUP and load is not None:
            service.ask_reload().add_done_callback(_log_reload_failure)
        if number == WEB_ENDED:
            raise ListenError("the web server ended by itself; the log has the reason")
        log.info("stopping")
    finally:
        service.stop()
        server.stop()
        archive.close()
        signal.set_wakeup_fd(-1)
        noted.close()
        note.close()


def _listen(address: str) -> socket.socket:
    try:
        return bind(*listen_address(address))
    except OSError as error:
        raise ListenError.at(address, error, "--web.listen-address") from None


def _log_thread_failure(failure: threading.ExceptHookArgs) -> None:
    """A thread that a fault of ours ended: one event, without what a bare trace might show."""
    trace = "".join(traceback.format_exception(failure.exc_value))
    log.error("thread failed", thread=failure.thread and failure.thread.name, trace=trace)


def _log_reload_failure(reload: Future[None]) -> None:
    """What refused a reload was told already; anything else is a fault of ours."""
    error = reload.exception()
    if error is not None and not isinstance(error, ExporterError):
        trace = "".join(traceback.format_exception(error))
        log.error("reload failed", trace=trace, consequence="the running configuration stays")
