"""wxa-exporter metrics."""

import click

from exporter.cli.options import standard_output


@click.command()
@click.option(
    "--format", "form", default="markdown", show_default=True,
    type=click.Choice(["markdown", "json"]), help="How the list is written.",
)  # fmt: skip
def metrics(form: str) -> None:
    """List every metric: name, type, labels, unit, help in English and 中文, report."""
    from exporter.describe import as_json, as_markdown

    with standard_output():
        click.echo(as_json() if form == "json" else as_markdown(), nl=False)
