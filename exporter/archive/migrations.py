"""The archive's tables, made anew or brought up from any earlier version, one step after the other.

A step is one transaction together with the number that records it: interrupted at any moment,
the next start goes on there. A step is never changed once it was released.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from sqlalchemy import Connection, Engine, inspect, select, text

from exporter.archive.engines import writing
from exporter.archive.schema import failures, metadata, quotas, schema_version
from exporter.errors import ArchiveError


def _remember_refusals(connection: Connection) -> None:
    # It may be there: the first release writes its own number over a newer one.
    if "refused_at" not in {
        column["name"] for column in inspect(connection).get_columns("replies")
    }:
        connection.execute(text("ALTER TABLE replies ADD COLUMN refused_at BIGINT"))


def _remember_quotas(connection: Connection) -> None:
    quotas.create(connection, checkfirst=True)


def _remember_failures(connection: Connection) -> None:
    # What a version before the second release left alone, for an hour or for the day.
    connection.execute(text("DROP TABLE IF EXISTS pauses"))
    failures.create(connection, checkfirst=True)


# By the version that a step leads to.
STEPS: Mapping[int, Callable[[Connection], None]] = MappingProxyType(
    {2: _remember_refusals, 3: _remember_quotas, 4: _remember_failures}
)
VERSION = max(STEPS)


def migrate(engine: Engine, name: str, *, create: bool) -> int | None:
    """Bring a database to today's version. Returns from which one, or None for a new one.

    Raises ArchiveError for a version that is newer than this exporter, and where there are no
    tables that it may not `create`.
    """
    with writing(engine) as connection:
        if not inspect(connection).has_table(schema_version.name):
            if not create:
                raise ArchiveError(f"there is no archive in {name}: serve or backfill makes it")
            metadata.create_all(connection)
            connection.execute(schema_version.insert().values(version=VERSION))
            return None
        found = version_of(connection)
    if found > VERSION:
        raise ArchiveError(
            f"the archive {name} has version {found}, this exporter knows {VERSION} at most: run "
            "the newer exporter, or name another archive.url"
        )
    for version in range(found + 1, VERSION + 1):
        with writing(engine) as connection:
            # Another process may have come first.
            if version_of(connection) < version:
                STEPS[version](connection)
                connection.execute(schema_version.update().values(version=version))
    return found


def check_version(connection: Connection, name: str) -> None:
    """Write nothing that matters, to meet a full or read-only disk early.

    Raises ArchiveError when another version of the exporter has been at the tables meanwhile.
    """
    version = version_of(connection)
    if version > VERSION:
        raise ArchiveError(
            f"a newer exporter brought the archive {name} to version {version}, this one knows "
            f"{VERSION} at most and writes no more: run the newer one here too"
        )
    if version < VERSION:
        raise ArchiveError(
            f"an older exporter that uses the archive {name} too wrote its version {version} "
            f"there, this one needs {VERSION}: stop the older one, then restart this one"
        )
    connection.execute(schema_version.update().values(version=schema_version.c.version))


def version_of(connection: Connection) -> int:
    """The version of the tables that are there."""
    return connection.execute(select(schema_version.c.version)).scalar() or 0
