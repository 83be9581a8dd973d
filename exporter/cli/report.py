"""wxa-exporter report."""

from datetime import timedelta
from pathlib import Path

import click

from exporter.cli.options import (
    CONFIG_EXIT,
    FAILURE_EXIT,
    config_file,
    fail,
    read_config,
    read_lists,
    standard_output,
)


@click.command()
@config_file
@click.option("--app", "apps", multiple=True, help="Only this app; may be repeated.")
@click.option("--day", help="The day, YYYY-MM-DD; yesterday by default, Beijing time.")
@click.option(
    "--language", default="en", show_default=True, type=click.Choice(["en", "zh"]),
    help="The language.",
)  # fmt: skip
@click.option(
    "--format", "form", default="text", show_default=True,
    type=click.Choice(["text", "markdown", "json"]),
    help="text for people, markdown for a WeCom group robot, json for programs.",
)  # fmt: skip
def report(
    config_file: Path, apps: tuple[str, ...], day: str | None, language: str, form: str
) -> None:
    """Tell a day in words and numbers from the archive, each beside what is usual.

    Exit status 1 when nothing is known of the day of any app.
    """
    from exporter import logs
    from exporter.archive import open_archive
    from exporter.clock import SystemClock
    from exporter.days import open_calendar
    from exporter.digest import Form, Language, digest_of, worded
    from exporter.errors import ArchiveError
    from exporter.history import BadQuestion
    from exporter.history.query import Asked
    from exporter.history.query import day as day_of
    from exporter.periods import beijing_day

    logs.configure("warning", logs.LogFormat("logfmt"))
    config, _ = read_lists(read_config(config_file))
    now = SystemClock().now()
    yesterday = beijing_day(now) - timedelta(days=1)
    try:
        asked_day = yesterday if day is None else day_of(day, "--day", yesterday)
        asked = Asked.span(config, asked_day, asked_day, apps, ())
        archive = open_archive(config, create=False)
        calendar = open_calendar(config.calendar.file)
        digests = [
            digest_of(archive, calendar, app.name, app.appid, reports, asked_day, now)
            for app, reports in asked.apps
        ]
        archive.close()
    except BadQuestion as fault:
        fail(f"wxa-exporter report: {fault}", CONFIG_EXIT)
    except ArchiveError as error:
        fail(f"wxa-exporter report: {error}", FAILURE_EXIT)
    with standard_output():
        click.echo(worded(digests, Form(form), Language(language)))
    if not any(digest.known for digest in digests):
        fail(f"wxa-exporter report: nothing is known of {asked_day}", FAILURE_EXIT)
