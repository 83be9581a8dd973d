"""/history: dated samples, streamed from the archive beside the scrapes of /metrics."""

import asyncio
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from itertools import chain

import structlog
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from exporter.errors import ArchiveError
from exporter.history import Asked, BadQuestion, day
from exporter.periods import beijing_day
from exporter.service import Service
from exporter.web.negotiate import accepts_gzip, text_format

PARAMETERS = ("since", "app", "report")
# The text repeats itself so much that the fastest level already makes a twelfth of it.
COMPRESSION_LEVEL = 1
# Each answer holds a connection to the archive, of which there are 15; the passes need theirs.
ANSWERS_AT_ONCE = 4
# A reader that takes nothing for so long is left.
STALL_SECONDS = 60

log = structlog.get_logger()


class _Answer(StreamingResponse):
    """Sent piece by piece; `over` is called when it is through, however it ends."""

    def __init__(
        self, pieces: Iterator[bytes], headers: dict[str, str], over: Callable[[], None]
    ) -> None:
        super().__init__(iterate_in_threadpool(pieces), headers=headers)
        self._over = over

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def impatient(message: Message) -> None:
            async with asyncio.timeout(STALL_SECONDS):
                await send(message)

        try:
            await super().__call__(scope, receive, impatient)
        finally:
            self._over()


async def history(service: Service, request: Request) -> Response:
    """The samples asked for; 400 and a sentence for parameters that make no sense."""
    kind = text_format(request.headers.get("accept", ""))
    try:
        asked = _asked(service, request.query_params)
    except BadQuestion as fault:
        return PlainTextResponse(f"{fault}\n", status_code=400)
    state = request.app.state
    under_way: set[object] = getattr(state, "histories", None) or set()
    state.histories = under_way
    if len(under_way) >= ANSWERS_AT_ONCE:
        return PlainTextResponse(
            f"{ANSWERS_AT_ONCE} answers of /history are being sent: ask again later\n",
            status_code=503,
            headers={"Retry-After": "30"},
        )
    gzipped = accepts_gzip(request.headers.get("accept-encoding", ""))
    headers = {"Content-Type": kind.content_type, "Vary": "Accept, Accept-Encoding"}
    if gzipped:
        headers["Content-Encoding"] = "gzip"
    pieces = _pieces(service.history(asked, kind), gzipped)
    under_way.add(pieces)

    def over() -> None:
        # At once, not when the memory is collected: it lets go of the archive.
        pieces.close()
        under_way.discard(pieces)

    try:
        # The first piece before the status line: an archive that cannot be read is a 503.
        first = await run_in_threadpool(next, pieces, b"")
    except ArchiveError as error:
        over()
        return PlainTextResponse(f"{error}\n", status_code=503)
    except BaseException:
        over()
        raise
    if request.method == "HEAD":
        over()
        answer = Response(headers=headers)
        del answer.headers["Content-Length"]  # a GET sends more than nothing
        return answer
    return _Answer(chain((first,), pieces), headers, over)


def _asked(service: Service, parameters: QueryParams) -> Asked:
    for name in parameters:
        if name not in PARAMETERS:
            raise BadQuestion(f"there is no parameter {name[:40]!r}; there are since, app, report")
    config, now = service.runtime.config, service.now()
    apps, reports = parameters.getlist("app"), parameters.getlist("report")
    since = parameters.getlist("since")
    if not since:
        return Asked.recent(config, now, apps, reports)
    if len(since) > 1:
        raise BadQuestion("since stands more than once: name one day")
    today = beijing_day(now)
    return Asked.span(config, day(since[0], "since", today), today, apps, reports)


def _pieces(read: Generator[bytes, None, None], gzipped: bool) -> Generator[bytes, None, None]:
    """What is sent. A fault in between is logged, and breaks the connection, so that nobody takes
    half of an answer for the whole."""
    # Closing this closes what it reads from, in that order.
    with closing(read):
        try:
            yield from _gzipped(read) if gzipped else read
        except ArchiveError as error:
            log.error("history broken off", error=str(error))
            raise


def _gzipped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    deflater = zlib.compressobj(COMPRESSION_LEVEL, wbits=16 + zlib.MAX_WBITS)
    for piece in pieces:
        if packed := deflater.compress(piece):
            yield packed
    yield deflater.flush()
