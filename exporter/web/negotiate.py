"""What a scraper accepts."""

import re
from functools import lru_cache

from prometheus_client.exposition import choose_encoder

from exporter.exposition import Format

# RFC 9110, 12.4.2.
WEIGHT = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")


@lru_cache(maxsize=128)
def text_format(accept: str) -> Format:
    """OpenMetrics where the Accept header names it and gives it weight, classic text otherwise."""
    # prometheus_client does not look at the weights.
    wanted = ",".join(part for part in accept.split(",") if _weight(part))
    try:
        _, content_type = choose_encoder(wanted)
    except (TypeError, ValueError):  # a version that is no number, out of a hostile header
        return Format.CLASSIC
    return Format.OPENMETRICS if content_type.startswith("application/openm") else Format.CLASSIC


@lru_cache(maxsize=128)
def accepts_gzip(accept_encoding: str) -> bool:
    """Whether the Accept-Encoding header allows gzip; `gzip;q=0` forbids it."""
    parts = accept_encoding.lower().split(",")
    weights = {part.partition(";")[0].strip(): _weight(part) for part in parts}
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def _weight(part: str) -> float:
    """The weight of one part of such a header: 1 without one, 0 where it is no weight."""
    for parameter in part.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            return float(value) if WEIGHT.fullmatch(value.strip()) else 0.0
    return 1.0
