"""/history: dated samples, streamed from the archive beside the scrapes of /metrics."""

import zlib
from collections.abc import Iterator

import structlog
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from exporter.errors import ArchiveError
from exporter.exposition import Format
from exporter.history import Asked, BadQuestion, Dialect, day
from exporter.periods import beijing_day
from exporter.service import Service
from exporter.web.negotiate import accepts_gzip, text_format

PARAMETERS = ("since", "app", "report")
# The text repeats itself so much that the fastest level already makes a twelfth of it.
COMPRESSION_LEVEL = 1

log = structlog.get_logger()


async def history(service: Service, request: Request) -> Response:
    """The samples asked for; 400 and a sentence for parameters that make no sense."""
    kind = text_format(request.headers.get("accept", ""))
    try:
        asked = _asked(service, request.query_params)
    except BadQuestion as fault:
        return PlainTextResponse(f"{fault}\n", status_code=400)
    headers = {"Content-Type": kind.value, "Vary": "Accept, Accept-Encoding"}
    if request.method == "HEAD":
        return Response(headers=headers)
    dialect = Dialect.OPENMETRICS if kind is Format.OPENMETRICS else Dialect.CLASSIC
    pieces = service.history(asked, dialect)
    if accepts_gzip(request.headers.get("accept-encoding", "")):
        headers["Content-Encoding"] = "gzip"
        pieces = _gzipped(pieces)
    try:
        # The first piece before the status line: an archive that cannot be read is a 503.
        first = await run_in_threadpool(next, pieces, b"")
    except ArchiveError as error:
        return PlainTextResponse(f"{error}\n", status_code=503)
    return StreamingResponse(iterate_in_threadpool(_told(first, pieces)), headers=headers)


def _asked(service: Service, parameters: QueryParams) -> Asked:
    for name in parameters:
        if name not in PARAMETERS:
            raise BadQuestion(f"there is no parameter {name[:40]!r}; there are since, app, report")
    config, now = service.runtime.config, service.now()
    apps, reports = parameters.getlist("app"), parameters.getlist("report")
    since = parameters.get("since")
    if since is None:
        return Asked.recent(config, now, apps, reports)
    today = beijing_day(now)
    return Asked.span(config, day(since, "since", today), today, apps, reports)


def _told(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    """All pieces; a fault in between is logged, and breaks the connection so that nobody takes
    half of an answer for the whole."""
    yield first
    try:
        yield from rest
    except ArchiveError as error:
        log.error("history broken off", error=str(error))
        raise


def _gzipped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    deflater = zlib.compressobj(COMPRESSION_LEVEL, wbits=16 + zlib.MAX_WBITS)
    for piece in pieces:
        if packed := deflater.compress(piece):
            yield packed
    yield deflater.flush()
