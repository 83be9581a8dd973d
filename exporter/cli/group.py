"""The command group, and what is the same for all commands."""

import os
import sys
from io import TextIOWrapper
from typing import Any

import click

from exporter import __version__
from exporter.cli.archive import archive
from exporter.cli.backfill import backfill
from exporter.cli.check import check_config
from exporter.cli.collect import collect
from exporter.cli.demo import demo, simulate
from exporter.cli.export import export
from exporter.cli.metrics import metrics
from exporter.cli.options import not_written
from exporter.cli.report import report
from exporter.cli.serve import serve

# What click answers itself, on standard output.
TOLD_BY_CLICK = {"--help", "-h", "--version"}
MULTIPROCESS = ("PROMETHEUS_MULTIPROC_DIR", "prometheus_multiproc_dir")


class _ServeByDefault(click.Group):
    """Without a command, with options alone, it serves: as Prometheus exporters do."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in TOLD_BY_CLICK):
            args = ["serve", *args]
        return super().parse_args(ctx, args)

    def main(self, *args: Any, **named: Any) -> Any:  # noqa: ANN401 - click's own
        # prometheus-client would keep each number in files there for several processes to add up.
        # This is one, and a disk that is full would kill it.
        for name in MULTIPROCESS:
            os.environ.pop(name, None)
        # Where Chinese cannot be shown there is a sign in its place, and no trace.
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")
        try:
            return super().main(*args, **named)
        except OSError as error:
            if TOLD_BY_CLICK.isdisjoint(sys.argv):
                raise
            not_written("wxa-exporter", error)


@click.group(cls=_ServeByDefault, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="wxa-exporter")
def main() -> None:
    """Prometheus exporter for the data analysis of WeChat Mini Programs (微信小程序).

    Without a command it serves.
    """


COMMANDS = (
    serve, check_config, collect, backfill, export, report, archive, metrics, demo, simulate,
)  # fmt: skip
for command in COMMANDS:
    main.add_command(command)
