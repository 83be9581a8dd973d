"""What one scrape is answered with: data and the exporter's own metrics, plain or gzipped.

The data is the same bytes in both formats, since a gauge reads the same in classic text and in
OpenMetrics; only the exporter's own metrics behind it differ. So it is deflated once, and a gzip
stream is finished by deflating the few own metrics and writing the checksum of the whole.
"""

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


class Format(Enum):
    """The two text formats: content type, how many ticks of time a second has, the end mark."""

    CLASSIC = ("text/plain; version=0.0.4; charset=utf-8", 1000, b"")
    OPENMETRICS = ("application/openmetrics-text; version=1.0.0; charset=utf-8", 1, b"# EOF\n")

    def __init__(self, content_type: str, ticks_per_second: int, end: bytes) -> None:
        self.content_type = content_type
        self.ticks_per_second = ticks_per_second
        self.end = end


@dataclass(frozen=True, slots=True)
class Representation:
    """One representation: `parts` are sent one after the other, `length` is their sum."""

    parts: tuple[bytes, ...]
    length: int

    @classmethod
    def of(cls, *parts: bytes) -> "Representation":
        return cls(parts, sum(map(len, parts)))


@dataclass(frozen=True, slots=True)
class Data:
    """A text that many pages share, deflated without an end, and its checksum."""

    text: bytes
    deflated: bytes
    crc: int


NOTHING = Data(b"", b"", 0)


@dataclass(frozen=True, slots=True)
class Page:
    """Everything a scrape can ask for at one moment. Never changed, only replaced as a whole."""

    plain: dict[Format, Representation]
    gzipped: dict[Format, Representation]


def page(
    data: Data, own: Mapping[Format, bytes], seldom: Mapping[Format, Data] | None = None
) -> Page:
    """The page of some data and of the exporter's own metrics in each format.

    Those that `seldom` change stand between, so that only the others are deflated for each page.
    """
    between = seldom or {}
    plain, gzipped = {}, {}
    for kind, text in own.items():
        state = between.get(kind, NOTHING)
        end = _gzip_end((data, state), text)
        plain[kind] = Representation.of(data.text, state.text, text)
        gzipped[kind] = Representation.of(data.deflated, state.deflated, end)
    return Page(plain, gzipped)


def gzip_begin(deflated: bytes) -> bytes:
    """Deflated blocks as the beginning of a gzip stream."""
    return GZIP_HEADER + deflated


def _gzip_end(before: tuple[Data, Data], text: bytes) -> bytes:
    """The rest of the gzip stream: the text deflated, then CRC-32 and length of the whole."""
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    data, state = before
    length = (len(data.text) + len(state.text) + len(text)) & 0xFFFFFFFF
    crc = zlib.crc32(text, zlib.crc32(state.text, data.crc))
    trailer = struct.pack("<II", crc, length)
    return deflater.compress(text) + deflater.flush() + trailer
