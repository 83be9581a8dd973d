"""What one scrape is answered with: data and the exporter's own metrics, plain or gzipped.

The data is the same bytes in both formats, since a gauge reads the same in classic text and in
OpenMetrics; only the exporter's own metrics behind it differ. So it is deflated once, and a gzip
stream is finished by deflating the few own metrics and writing the checksum of the whole.
"""

import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from exporter.exposition.families import Chunk

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
    """The rendered data of all apps, deflated without an end or not at all, and its checksum."""

    text: bytes
    deflated: bytes
    crc: int


@dataclass(frozen=True, slots=True)
class Page:
    """Everything a scrape can ask for at one moment. Never changed, only replaced as a whole.

    `gzipped` is empty where the data is not deflated.
    """

    plain: dict[Format, Representation]
    gzipped: dict[Format, Representation]


@dataclass(frozen=True, slots=True)
class Begun:
    """All of a page but its last text: the pieces, their checksum, and how long they are."""

    plain: tuple[bytes, ...]
    gzipped: tuple[bytes, ...]
    crc: int
    length: int


def begun(data: Data, chunks: Sequence[Chunk] = ()) -> Begun:
    """The beginning of a page: some data, then what is deflated already."""
    crc, length = data.crc, len(data.text)
    for each in chunks:
        crc, length = zlib.crc32(each.text, crc), length + len(each.text)
    return Begun(
        (data.text, *(each.text for each in chunks)),
        (data.deflated, *(each.deflated for each in chunks)) if data.deflated else (),
        crc,
        length,
    )


def page(begins: Mapping[Format, Begun], own: Mapping[Format, bytes]) -> Page:
    """The page of what each format begins with, ended by the exporter's own metrics."""
    return Page(
        {form: Representation.of(*begins[form].plain, text) for form, text in own.items()},
        {
            form: Representation.of(*begins[form].gzipped, _gzip_end(begins[form], text))
            for form, text in own.items()
            if begins[form].gzipped
        },
    )


def gzip_begin(deflated: bytes) -> bytes:
    """Deflated blocks as the beginning of a gzip stream."""
    return GZIP_HEADER + deflated


def _gzip_end(begun: Begun, text: bytes) -> bytes:
    """The rest of the gzip stream: the text deflated, then CRC-32 and length of the whole."""
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    length = (begun.length + len(text)) & 0xFFFFFFFF
    trailer = struct.pack("<II", zlib.crc32(text, begun.crc), length)
    return deflater.compress(text) + deflater.flush() + trailer
