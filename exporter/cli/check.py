"""wxa-exporter check-config."""

from pathlib import Path

import click

from exporter.cli.options import FAILURE_EXIT, config_file, counted, fail, standard_output

# Of 10,000 apps the first ones will do.
NAMED = 20


@click.command("check-config")
@config_file
def check_config(config_file: Path) -> None:
    """Check the configuration file and the files of app_files; tell every fault. Calls nothing."""
    from exporter.clock import SystemClock
    from exporter.config import load
    from exporter.discovery import files_at, listed_in_files
    from exporter.errors import ConfigError

    try:
        config = load(config_file)
    except ConfigError as error:
        fail(str(error), FAILURE_EXIT)
    whole, faults = listed_in_files(config, SystemClock().now())
    if faults:
        fail("\n".join(faults), FAILURE_EXIT)
    names = [app.name for app in whole.apps]
    more = [f"and {len(names) - NAMED} more"] if len(names) > NAMED else []
    told = ", ".join([*names[:NAMED], *more])
    apps = f"{counted(len(names), 'app')}: {told}" if names else "no app yet"
    nowhere = [pattern for pattern in config.app_files if not files_at(pattern)]
    unmatched = f"; no file matches {', '.join(nowhere)}" if nowhere else ""
    unasked = f"; app_urls not asked: {len(config.app_urls)}" if config.app_urls else ""
    with standard_output():
        click.echo(f"{config_file} is good: {apps}{unmatched}{unasked}")
