"""wxa-exporter check-config."""

from pathlib import Path

import click

from exporter.cli.options import FAILURE_EXIT, config_file, fail


@click.command("check-config")
@config_file
def check_config(config_file: Path) -> None:
    """Check the configuration file; tell every fault. Opens nothing else, calls nothing."""
    from exporter.config import load
    from exporter.errors import ConfigError

    try:
        config = load(config_file)
    except ConfigError as error:
        fail(str(error), FAILURE_EXIT)
    names = ", ".join(app.name for app in config.apps)
    click.echo(f"{config_file} is good: {len(config.apps)} app(s): {names}")
