"""Commands. Each imports what it needs when it runs, so that --help answers at once."""

from exporter.cli.group import main

__all__ = ["main"]
