"""wxa-exporter serve."""

import re
from pathlib import Path

import click

from exporter.cli.options import (
    CONFIG_EXIT,
    FAILURE_EXIT,
    FILE,
    ListenAddress,
    config_file,
    fail,
    logging_options,
    read_config,
)

PATH = re.compile(r"(/[a-zA-Z0-9_.~-]+)+")
TAKEN = ("/-/", "/docs/", "/history")


@click.command()
@config_file
@click.option(
    "--web.listen-address", "listen_addresses", multiple=True, type=ListenAddress(),
    help="Address to listen on, like :10868; may be repeated; wins over the file.",
)  # fmt: skip
@click.option(
    "--web.config.file", "web_config_file", type=FILE,
    help="TLS, basic authentication, limits, in exporter-toolkit's format; wins over the file.",
)  # fmt: skip
@click.option(
    "--web.enable-lifecycle", "lifecycle", is_flag=True,
    help="Let everybody who reaches the port POST /-/reload.",
)  # fmt: skip
@click.option(
    "--web.telemetry-path", "telemetry_path", default="/metrics", show_default=True,
    help="Path of the metrics.",
)  # fmt: skip
@click.option(
    "--shard", default="0", show_default=True,
    help="Which shard this is, from 0, or the name of a StatefulSet's pod.",
)  # fmt: skip
@click.option(
    "--total-shards", default=1, show_default=True, type=click.IntRange(min=1),
    help="Among how many exporters the apps are shared, by their appids.",
)  # fmt: skip
@logging_options
def serve(
    config_file: Path,
    listen_addresses: tuple[str, ...],
    web_config_file: Path | None,
    lifecycle: bool,
    telemetry_path: str,
    shard: str,
    total_shards: int,
    log_level: str,
    log_format: str,
) -> None:
    """Collect by schedule and answer scrapes until SIGTERM. Also runs without a command."""
    from exporter import app, logs
    from exporter.config import load
    from exporter.config.shard import shard_of
    from exporter.errors import ArchiveError, ConfigError, ListenError
    from exporter.web.access import Policies

    if not PATH.fullmatch(telemetry_path) or telemetry_path.startswith(TAKEN):
        raise click.BadOptionUsage(
            "--web.telemetry-path",
            "--web.telemetry-path must be a path like /metrics, and begin with none of "
            f"{', '.join(TAKEN)}",
        )
    try:
        which = shard_of(shard, total_shards)
    except ValueError as error:
        raise click.BadOptionUsage("--shard", f"--shard: {error}") from None
    logs.configure(log_level, logs.LogFormat(log_format))
    config = read_config(config_file)
    addresses = listen_addresses or (config.web.listen_address,)
    web_file = web_config_file or (Path(config.web.config_file) if config.web.config_file else None)
    try:
        policies = Policies(web_file)
    except ConfigError as error:
        fail(str(error), CONFIG_EXIT)
    try:
        app.serve(
            config, lambda: load(config_file), addresses, telemetry_path,
            shard=which, policies=policies, lifecycle=lifecycle,
        )  # fmt: skip
    except (ArchiveError, ListenError) as error:
        fail(f"wxa-exporter: {error}", FAILURE_EXIT)
