"""What a scraper accepts."""

from functools import lru_cache

from prometheus_client.exposition import choose_encoder

from exporter.exposition import Format


@lru_cache(maxsize=128)
def text_format(accept: str) -> Format:
    """OpenMetrics where the Accept header names it, classic text otherwise."""
    _, content_type = choose_encoder(accept)
    return Format.OPENMETRICS if content_type.startswith("application/openm") else Format.CLASSIC


@lru_cache(maxsize=128)
def accepts_gzip(accept_encoding: str) -> bool:
    """Whether the Accept-Encoding header allows gzip; `gzip;q=0` forbids it."""
    weights: dict[str, str] = {}
    for part in accept_encoding.lower().split(","):
        name, _, parameters = part.partition(";")
        weights[name.strip()] = parameters.strip().removeprefix("q=").strip()
    weight = weights.get("gzip", weights.get("*", "0"))
    return weight.strip("0.") != "" or weight == ""
