"""Which URLs can name an archive."""

from collections.abc import Iterator

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

ARCHIVE_URLS = "sqlite:///file.db or postgresql://user@host/database"


def check(text: str) -> None:
    """Raise ValueError, without the URL, for one that can name no archive."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # whose text can quote a part of the password
        raise ValueError(f"is no database URL; one looks like {ARCHIVE_URLS}") from None
    if url.drivername not in ("sqlite", "postgresql"):
        raise ValueError(f"{url.drivername} is not supported; use {ARCHIVE_URLS}")
    if url.drivername == "sqlite":
        if url.host:
            raise ValueError("needs three slashes before the file, four before an absolute path")
        if not url.database or url.database == ":memory:":
            raise ValueError("needs a file: an archive in memory is lost at every restart")
    # A part of the password would be taken for the host, and shown in every message about it.
    elif "@" in f"{url.host}{url.database}":
        raise ValueError("has more than one @; one that belongs to the password is written %40")
    elif not url.database:
        raise ValueError(f"needs a database; one looks like {ARCHIVE_URLS}")
    elif not all(map(_is_port, _ports(url))):
        raise ValueError("has a port that cannot be: a port is 1 to 65535")
    elif "password" in url.query:
        raise ValueError("takes the password before the @, or leave it to PGPASSWORD or passfile")


def _ports(url: URL) -> Iterator[str]:
    """What a URL names as ports, also behind its question mark, where there may be several."""
    if url.port is not None:
        yield str(url.port)
    for named in url.normalized_query.get("port", ()):
        # Each may be left empty there, for the usual one.
        yield from filter(None, named.split(","))


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) <= 65535
