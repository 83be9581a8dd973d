"""wxa-exporter archive."""

import click

from exporter.cli.options import FAILURE_EXIT, counted, fail


class ArchiveURL(click.ParamType[str]):
    """The URL of an archive, refused without being shown: it may hold a password."""

    name = "url"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from exporter.config.archive_url import check

        try:
            check(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return value


@click.group()
def archive() -> None:
    """Work on archives as a whole."""


@archive.command()
@click.argument("source", metavar="FROM", type=ArchiveURL())
@click.argument("target", metavar="TO", type=ArchiveURL())
def copy(source: str, target: str) -> None:
    """Copy an archive into another database, and prove that both hold the same.

    FROM and TO are URLs like sqlite:///wxa-exporter.db or postgresql://user@host/database; leave
    passwords to PGPASSWORD or a password file, as other users of the machine can see arguments.
    Interrupted, the same command goes on where it was. Stop the exporter meanwhile.
    """
    if source == target:
        raise click.UsageError("FROM and TO name the same archive")
    from exporter.archive import Copy, archive_at
    from exporter.cli.progress import part_progress
    from exporter.errors import ArchiveError

    try:
        opened = archive_at(source, create=False), archive_at(target)
        copying = Copy(*opened)
        parts = copying.parts()
        with part_progress("copying", len(parts)) as done:
            copied = copying.run(parts, done)
        with part_progress("comparing", len(parts)) as done:
            replies = copying.prove(parts, done)
        for each in opened:
            each.close()
    except ArchiveError as error:
        fail(f"wxa-exporter archive copy: {error}", FAILURE_EXIT)
    except KeyboardInterrupt:
        fail("interrupted; the same command goes on where this one ended", FAILURE_EXIT)
    click.echo(
        f"{counted(copied, 'reply', 'replies')} copied; both archives hold the same {replies}",
        err=True,
    )
