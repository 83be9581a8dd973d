"""wxa-exporter demo and wxa-exporter simulate: no account needed."""

from collections.abc import Mapping

import click

from exporter.cli.options import (
    FAILURE_EXIT,
    ListenAddress,
    counted,
    fail,
    logging_options,
    require_standard_output,
    standard_output,
)

apps_option = click.option(
    "--apps", default=3, show_default=True, type=click.IntRange(1, 50),
    help="Simulated Mini Programs.",
)  # fmt: skip


@click.command()
@click.option(
    "--days",
    default=60,
    show_default=True,
    type=click.IntRange(1, 365),
    help="Days behind the demo.",
)
@apps_option
@click.option(
    "--web.listen-address", "listen_address", default="127.0.0.1:10868", show_default=True,
    type=ListenAddress(), help="Where the exporter listens.",
)  # fmt: skip
@logging_options
def demo(days: int, apps: int, listen_address: str, log_level: str, log_format: str) -> None:
    """Run a simulated WeChat API and an exporter that asks it, on loopback, until Ctrl-C."""
    from exporter import demo as demonstration
    from exporter import logs
    from exporter.errors import ArchiveError, ListenError

    require_standard_output()
    logs.configure(log_level, logs.LogFormat(log_format))
    place = f"localhost{listen_address}" if listen_address.startswith(":") else listen_address

    def started() -> None:
        with standard_output():
            click.echo(f"http://{place}/ shows {counted(apps, 'simulated app')}")

    try:
        demonstration.run(days, apps, listen_address, started)
    except (ArchiveError, ListenError) as error:
        fail(f"wxa-exporter: {error}", FAILURE_EXIT)


@click.command()
@click.option(
    "--listen", default="127.0.0.1:18080", show_default=True, type=ListenAddress(),
    help="Host and port of the API.",
)  # fmt: skip
@apps_option
@logging_options
def simulate(listen: str, apps: int, log_level: str, log_format: str) -> None:
    """Run the simulated WeChat API alone, until Ctrl-C; prints appids and secrets to use."""
    from exporter import demo as demonstration
    from exporter import logs
    from exporter.errors import ListenError

    require_standard_output()
    logs.configure(log_level, logs.LogFormat(log_format))
    try:
        demonstration.simulate(listen, apps, _simulated)
    except OSError as error:
        fail(f"wxa-exporter: {ListenError.at(listen, error, '--listen')}", FAILURE_EXIT)


def _simulated(url: str, secrets: Mapping[str, str]) -> None:
    """Tell where the simulated API is, and the secret of each appid that it knows."""
    with standard_output():
        click.echo(f"simulated WeChat API on {url}: set api.base_url to it, with one of")
        for appid, secret in secrets.items():
            click.echo(f"  appid: {appid}  secret: {secret}")
