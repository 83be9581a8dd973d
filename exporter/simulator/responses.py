"""HTTP replies, good and spoilt."""

import asyncio
from collections.abc import AsyncIterator, Callable

from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from exporter.simulator.faults import Fault, FaultKind
from exporter.simulator.simulator import Answer

MEDIA_TYPE = "application/json; encoding=utf-8"
HTML = (
    "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in to go on.</body></html>"
)
CHUNK = b" " * 65_536


class CutResponse(Response):
    """Announces its whole length and sends half: the server then closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        half = bytes(self.body[: len(self.body) // 2])
        await send(start)
        await send({"type": "http.response.body", "body": half, "more_body": True})


class ClosedResponse(Response):
    """Closes the connection without a word."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        close: Callable[[], None] = scope["state"]["close_connection"]
        close()
        await asyncio.sleep(0)  # the server must see the loss first, or it would answer 500


async def respond(answer: Answer) -> Response:
    """The HTTP reply for an answer, with its fault if it has one."""
    fault = answer.fault
    if fault is None:
        return Response(answer.content, 200, answer.headers, MEDIA_TYPE)
    if fault.kind == FaultKind.SLOW:
        await asyncio.sleep(fault.seconds)
    response = spoilt_response(answer.content, fault)
    response.headers.update(answer.headers)
    return response


def spoilt_response(content: bytes, fault: Fault) -> Response:
    """The HTTP reply that a fault makes of a content."""
    match fault.kind:
        case FaultKind.HTTP:
            return Response(HTML, fault.status, media_type="text/html")
        case FaultKind.HTML:
            return Response(HTML, media_type="text/html")
        case FaultKind.REDIRECT:
            return RedirectResponse(fault.location, 302)
        case FaultKind.DRIP:
            length = {"content-length": str(len(content))}
            return StreamingResponse(dripping(content, fault.seconds), 200, length, MEDIA_TYPE)
        case FaultKind.HUGE:
            return StreamingResponse(swollen(fault.size), media_type=MEDIA_TYPE)
        case FaultKind.CUT if fault.cut_json:
            return Response(content[: len(content) // 2], media_type=MEDIA_TYPE)
        case FaultKind.CUT:
            return CutResponse(content, media_type=MEDIA_TYPE)
        case FaultKind.CLOSE:
            return ClosedResponse()
        case _:
            return Response(content, media_type=MEDIA_TYPE)


async def dripping(content: bytes, seconds: float) -> AsyncIterator[bytes]:
    """The content, one byte at a time."""
    for place in range(len(content)):
        if place:
            await asyncio.sleep(seconds)
        yield content[place : place + 1]


async def swollen(size: int) -> AsyncIterator[bytes]:
    """An empty list in `size` bytes of JSON."""
    head, tail = b'{"list":[', b"]}"
    yield head
    left = max(0, size - len(head) - len(tail))
    while left:
        chunk = CHUNK[:left]
        yield chunk
        left -= len(chunk)
    yield tail
