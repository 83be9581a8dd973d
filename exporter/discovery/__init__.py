"""Apps that files and services name, found anew whenever those lists change."""

from exporter.discovery.discovery import Discovery, listed_in_files
from exporter.discovery.lists import AppList
from exporter.discovery.sources import files_at

__all__ = ["AppList", "Discovery", "files_at", "listed_in_files"]
