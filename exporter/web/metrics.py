"""/metrics: bytes that were made when the data changed."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from exporter.exposition import Page, Representation
from exporter.web.negotiate import accepts_gzip, text_format

Buffer = bytes | memoryview

# With TLS each reader has a copy of what waits for it; in the clear all share the bytes.
TLS_PIECE_BYTES = 64 * 1024


class Metrics:
    """The ASGI endpoint of a scrape: it calls nobody, opens nothing and renders nothing."""

    def __init__(self, page: Callable[[], Page | None]) -> None:
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Answer with the page, or 503 while the archive has not been read."""
        page = self._page()
        if page is None:
            text = Representation.of(b"the archive is being read, try again in a moment\n")
            await _send(send, scope, 503, text, [(b"content-type", b"text/plain")])
            return
        headers = Headers(scope=scope)
        kind = text_format(headers.get("accept", ""))
        gzipped = accepts_gzip(headers.get("accept-encoding", ""))
        body = (page.gzipped if gzipped else page.plain)[kind]
        described = [
            (b"content-type", kind.content_type.encode()),
            (b"vary", b"Accept, Accept-Encoding"),
        ]
        if gzipped:
            described.append((b"content-encoding", b"gzip"))
        await _send(send, scope, 200, body, described)


async def _send(
    send: Send, scope: Scope, status: int, body: Representation, headers: list[tuple[bytes, bytes]]
) -> None:
    length = (b"content-length", str(body.length).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    parts: Iterable[Buffer] = () if scope["method"] == "HEAD" else body.parts
    if scope["scheme"] == "https":
        parts = chain.from_iterable(map(_pieces, parts))
    for piece in parts:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _pieces(part: Buffer) -> Iterator[memoryview]:
    whole = memoryview(part)
    return (whole[at : at + TLS_PIECE_BYTES] for at in range(0, len(whole), TLS_PIECE_BYTES))
