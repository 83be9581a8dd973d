"""The bytes of a page: gzip is plain, deflated, and one member."""

import gzip
import random
import subprocess
import zlib

import pytest

from exporter.exposition import Exposition
from exporter.exposition.families import chunk
from exporter.exposition.own import Chunks
from exporter.exposition.pages import Data, Format, Page, Representation, begun, gzip_begin, page
from tests.support import tool

OWN = {
    Format.CLASSIC: b"# TYPE a counter\na_total 1\n" * 40,
    Format.OPENMETRICS: "a_total 1\n说明\n# EOF\n".encode(),
}
NO_OWN = {Format.CLASSIC: b"", Format.OPENMETRICS: b""}


def data_of(*texts: bytes) -> Data:
    text = b"".join(texts)
    return Data(text, gzip_begin(b"".join(chunk(t).deflated for t in texts)), zlib.crc32(text))


def page_of(data: Data, own: dict[Format, bytes], *texts: bytes) -> Page:
    """A page of data, of texts that were deflated before, and of the own metrics."""
    chunks = [chunk(text) for text in texts]
    return page({form: begun(data, chunks) for form in Format}, own)


def of_all(text: bytes) -> Chunks:
    """The same chunk in every format."""
    return {form: (chunk(text),) for form in Format}


def noise(size: int) -> bytes:
    return random.Random(7).randbytes(size)  # noqa: S311 - bytes that deflate badly


PAGES = {
    "nothing at all": page_of(data_of(), NO_OWN),
    "own metrics alone": page_of(data_of(), OWN),
    "data alone": page_of(data_of(b"a 1\n", b"b 2\n"), NO_OWN),
    "an empty chunk between": page_of(data_of(b"a 1\n", b"", b"b 2\n"), OWN),
    "three megabytes": page_of(data_of(*[b"line of a family 1.0\n" * 5000] * 30), OWN),
    "what was deflated before": page_of(data_of(b"a 1\n"), OWN, b"b 2\n" * 999, b"", b"c 3\n"),
    "bytes that do not deflate": page_of(data_of(noise(200_000), noise(100)), OWN),
}
each_page = pytest.mark.parametrize("shown", PAGES.values(), ids=PAGES)
each_format = pytest.mark.parametrize("kind", Format)


def joined(body: Representation) -> bytes:
    return b"".join(body.parts)


@each_page
@each_format
def test_gzip_is_the_plain_text_for_pythons_gzip(shown: Page, kind: Format) -> None:
    assert gzip.decompress(joined(shown.gzipped[kind])) == joined(shown.plain[kind])


@each_page
@each_format
def test_gzip_is_the_plain_text_for_the_systems_gzip(shown: Page, kind: Format) -> None:
    done = subprocess.run(
        [tool("gzip"), "-d"], input=joined(shown.gzipped[kind]), capture_output=True, check=True
    )
    assert done.stdout == joined(shown.plain[kind])
    assert done.stderr == b""


@each_page
@each_format
def test_gzip_is_one_member_with_nothing_behind_it(shown: Page, kind: Format) -> None:
    inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
    inflater.decompress(joined(shown.gzipped[kind]))
    assert inflater.eof
    assert inflater.unused_data == b""


@each_page
@each_format
def test_the_length_told_is_the_length_sent(shown: Page, kind: Format) -> None:
    for body in (shown.plain[kind], shown.gzipped[kind]):
        assert body.length == len(joined(body))


@each_format
def test_both_formats_carry_the_same_data_before_their_own_metrics(kind: Format) -> None:
    shown = page_of(data_of(b"a 1\n"), OWN)
    assert joined(shown.plain[kind]) == b"a 1\n" + OWN[kind]


def test_a_wrong_byte_is_found_by_the_checksum() -> None:
    spoilt = bytearray(joined(PAGES["data alone"].gzipped[Format.CLASSIC]))
    spoilt[-6] ^= 1
    with pytest.raises(gzip.BadGzipFile, match="CRC"):
        gzip.decompress(bytes(spoilt))


@each_format
def test_what_every_app_has_stands_between_and_is_deflated_once(kind: Format) -> None:
    exposition, chunks = Exposition(), of_all(b"state 1\n" * 1000)
    exposition.publish_own(OWN, chunks)
    first = exposition.page
    exposition.publish_own(OWN | {Format.CLASSIC: b"other 1\n"}, chunks)
    assert joined(first.plain[kind]) == b"state 1\n" * 1000 + OWN[kind]
    assert gzip.decompress(joined(first.gzipped[kind])) == b"state 1\n" * 1000 + OWN[kind]
    second = exposition.page.gzipped[kind]
    assert second.parts[1] is first.gzipped[kind].parts[1]
    assert gzip.decompress(joined(second)) == joined(exposition.page.plain[kind])
