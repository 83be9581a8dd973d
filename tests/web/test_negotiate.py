"""What a scraper accepts, in the words of real ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.exposition import Format
from exporter.web.negotiate import accepts_gzip, text_format

PROMETHEUS_2_42 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;"
    "escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
PROMETHEUS_3_CLASSIC = "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        (PROMETHEUS_2_42, Format.OPENMETRICS),
        (PROMETHEUS_3, Format.OPENMETRICS),
        (PROMETHEUS_3_CLASSIC, Format.CLASSIC),
        (BROWSER, Format.CLASSIC),
        ("*/*", Format.CLASSIC),
        ("", Format.CLASSIC),
        ("no such thing", Format.CLASSIC),
        ("application/openmetrics-text;version=1.0.0;q=0, text/plain", Format.CLASSIC),
        ("application/openmetrics-text;version=\xff", Format.CLASSIC),
        ("application/openmetrics-text; Q=0.000", Format.CLASSIC),
        ("application/openmetrics-text;q=lots", Format.CLASSIC),
    ],
)
def test_openmetrics_goes_to_those_who_name_it(accept: str, wanted: Format) -> None:
    assert text_format(accept) is wanted


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("gzip", True),
        ("GZIP", True),
        ("deflate, gzip;q=1.0, *;q=0.5", True),
        ("gzip;q=0.001", True),
        ("br, gzip ; q=0.8", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("gzip;q=0, *", False),
        ("gzip;q=abc", False),
        ("gzip;q=1.5", False),
        ("*;q=0", False),
        ("identity", False),
        ("br, deflate", False),
        ("", False),
    ],
)
def test_gzip_goes_to_those_who_allow_it(header: str, wanted: bool) -> None:
    assert accepts_gzip(header) is wanted


pieces = st.sampled_from(["application/openmetrics-text", "text/plain", ";version=", ";q=", "1."])


@given(st.lists(pieces | st.text(max_size=3)).map("".join))
def test_whatever_a_header_holds_it_is_answered(header: str) -> None:
    assert text_format(header) in Format
    assert accepts_gzip(header) in (True, False)
