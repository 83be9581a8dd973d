"""Tables of the archive as they are today; `migrations` brings older ones here."""

import zlib

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Dialect,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)


class Deflated(TypeDecorator[str]):
    """Text kept compressed: a body of 200 pages shrinks from 60 kB to about 8 kB."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        return None if value is None else zlib.compress(value.encode())

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        try:
            return None if value is None else zlib.decompress(value).decode()
        except (zlib.error, ValueError):
            return ""  # damaged: no JSON, so it reads as a body that says nothing


metadata = MetaData()

schema_version = Table("schema_version", metadata, Column("version", Integer, nullable=False))

# Times are Unix seconds.
replies = Table(
    "replies",
    metadata,
    Column("appid", String(64), primary_key=True),
    Column("report", String(64), primary_key=True),
    Column("first_day", Date, primary_key=True),
    Column("asked_at", BigInteger, nullable=False, comment="last answer of any kind"),
    Column("answered_at", BigInteger, comment="last answer with data"),
    Column("answered_ask", Integer, comment="the last ask that the data answers"),
    Column("learned_at", BigInteger, comment="when the body last said something new"),
    Column("news", BigInteger, comment="counts such moments over the archive, without gaps"),
    Column("body", Deflated, comment="the reply as received, deflated"),
    Column("refused_at", BigInteger, comment="last answer that called the request itself wrong"),
)
failures = Table(
    "failures",
    metadata,
    Column("appid", String(64), primary_key=True),
    Column("report", String(64), primary_key=True, comment="empty: the whole app"),
    Column("at", BigInteger, nullable=False, comment="of the last look that failed"),
    Column("until", BigInteger, comment="until when nobody asks for it"),
    Column("code", String(64), nullable=False, comment="empty: it is well again"),
    Column("message", Text, nullable=False),
    Column("news", BigInteger, nullable=False, comment="grows with every change of the table"),
)
quotas = Table(
    "quotas",
    metadata,
    Column("appid", String(64), primary_key=True),
    Column("call", String(64), primary_key=True),
    Column("day", Date, nullable=False, comment="the other columns tell of this day alone"),
    Column("daily_limit", Double),
    Column("used", Double),
    Column("remain", Double),
)
Index("replies_learned_at", replies.c.learned_at)
Index("replies_news", replies.c.news)
Index("failures_news", failures.c.news)
